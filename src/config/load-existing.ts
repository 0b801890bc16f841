import { fileURLToPath } from 'node:url';
import { GatewayError } from '../core/errors.ts';
import { describeFound } from './diagnostic.ts';
import { type GatewayConfig, loadConfig as read } from './load.ts';
import type { Environment } from './substitute.ts';

/**
 * Reads and checks a configuration file for a program: a file that is not there is an error, since nobody sees what a
 * gateway without one says. Without a path or `file:` URL it is the user's own. What is wrong in it is told in the result. Throws
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
