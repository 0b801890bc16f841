import { fileURLToPath } from 'node:url';
import { describeFound } from './config/diagnostic.ts';
import { type GatewayConfig, loadConfig as read } from './config/load.ts';
import type { Environment } from './config/substitute.ts';
import { GatewayError } from './core/errors.ts';

export type { ServerView } from './broker/server-views.ts';
export type { ConfigProblem } from './config/diagnostic.ts';
export type { ConfigObject, GatewayConfig } from './config/load.ts';
export type { ServerConfig } from './config/schema.ts';
export type { GatewaySettings } from './config/settings.ts';
export { type ErrorCode, GatewayError } from './core/errors.ts';
export { Gateway, type GatewayOptions, type ReadyOptions, type StartOptions } from './gateway/gateway.ts';
export type { Logger, LogLevel } from './platform/log.ts';
export { createLogger } from './platform/log.ts';

/**
 * Reads and checks a configuration file for a program: a file that is not there is an error, since nobody sees what a
 * gateway without one says. Without a path or `file:` URL it is the user's own. The result has a finding for each mistake in it. Throws
 * `CONFIG_INVALID` for a file that is missing, cannot be read, is broken, or is no object at all.
 */
export async function loadConfig(path?: string | URL, env: Environment = process.env): Promise<GatewayConfig> {
  const config = await read(path === undefined ? undefined : pathOf(path), env);
  if (config.found) return config;
  const cure = 'write it (mcp-gateway init makes one), or give new Gateway an object';
  const message = `${config.path}: there is no such file, expected a configuration; ${cure}`;
  throw new GatewayError('CONFIG_INVALID', message, { details: { file: config.path } });
}

function pathOf(given: string | URL): string {
  // A text that names a URL would be the name of a file.
  const url = given instanceof URL || /^file:\/\//i.test(String(given)) ? String(given) : undefined;
  if (url === undefined && typeof given === 'string') return given;
  try {
    if (url !== undefined) return fileURLToPath(url);
  } catch {
    // It is one of the web, or of another machine.
  }
  const found = url === undefined ? describeFound(given, true) : 'a URL that is no file of this machine';
  throw new GatewayError('CONFIG_INVALID', `loadConfig: found ${found}, expected a path, or a file: URL`);
}
