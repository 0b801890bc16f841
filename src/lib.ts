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
 * Reads and checks the configuration file at a path or `file:` URL; without one, the user's own file. Each mistake in
 * the file is a finding of the result. Throws `CONFIG_INVALID` if the file does not exist, cannot be read, is broken or
 * holds no object. A missing file is an error here because a program does not show its user the message that the
 * gateway logs without a file.
 */
export async function loadConfig(path?: string | URL, env: Environment = process.env): Promise<GatewayConfig> {
  const config = await read(path === undefined ? undefined : pathOf(path), env);
  if (config.found) return config;
  const cure = 'write it (mcp-gateway init makes one), or give new Gateway an object';
  const message = `${config.path}: there is no such file, expected a configuration; ${cure}`;
  throw new GatewayError('CONFIG_INVALID', message, { details: { file: config.path } });
}

function pathOf(given: string | URL): string {
  // A `file:` URL may also come as a string, which would otherwise be taken for the name of a file.
  const url = given instanceof URL || /^file:\/\//i.test(String(given)) ? String(given) : undefined;
  if (url === undefined && typeof given === 'string') return given;
  try {
    if (url !== undefined) return fileURLToPath(url);
  } catch {
    // `fileURLToPath` throws for a URL of the web or of another machine.
  }
  const found = url === undefined ? describeFound(given, true) : 'a URL that is no file of this machine';
  throw new GatewayError('CONFIG_INVALID', `loadConfig: found ${found}, expected a path, or a file: URL`);
}
