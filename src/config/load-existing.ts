import { GatewayError } from '../core/errors.ts';
import { type GatewayConfig, loadConfig as read } from './load.ts';
import type { Environment } from './substitute.ts';

/**
 * Reads and checks a configuration file for a program: a file that is not there is an error, since nobody sees what a
 * gateway without one says. Without a path it is the user's own. What is wrong in it is told in the result. Throws
 * `CONFIG_INVALID` for a file that is missing, cannot be read, is broken, or is no object at all.
 */
export async function loadConfig(path?: string, env: Environment = process.env): Promise<GatewayConfig> {
  const config = await read(path, env);
  if (config.found) return config;
  const cure = 'write it (mcp-gateway init makes one), or give new Gateway an object';
  const message = `${config.path}: there is no such file, expected a configuration; ${cure}`;
  throw new GatewayError('CONFIG_INVALID', message, { details: { file: config.path } });
}
