import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { gatewayEnvironment } from '../platform/gateway-environment.ts';
import { expandHome, homeDirectory } from '../platform/home-directory.ts';
import type { Environment } from './substitute.ts';

/** File names looked for in the configuration directory, in this order. */
const FILE_NAMES = ['config.json', 'config.jsonc', 'config.yml', 'config.yaml'];
/** File names looked for in a working directory, in this order. */
const FOLDER_FILE_NAMES = ['mcp-gateway.yml', 'mcp-gateway.yaml', 'mcp-gateway.json', 'mcp-gateway.jsonc'];

/**
 * Absolute path of the file to use: the argument, else `MCP_GATEWAY_CONFIG`, else the first in `folder` where one is
 * given, else the first in the user's directory. A `folder` is for `mcp-gateway start` alone: what a client starts in
 * a project must not run the commands of a file that came with it; so a variable for the user's directory counts only where it
 * leads elsewhere. `MCP_GATEWAY_CONFIG` counts anywhere: it means nothing but us, so whoever sets it wants that very file.
 */
export function resolveConfigPath({
  argument,
  folder,
  env = gatewayEnvironment(),
  home = homeOf(env),
}: {
  argument?: string | undefined;
  folder?: string | undefined;
  env?: Environment;
  home?: string;
} = {}): string {
  const named = argument || env.MCP_GATEWAY_CONFIG;
  if (named) return resolve(expandHome(named, home));
  const xdg = env.XDG_CONFIG_HOME ?? '';
  // The XDG specification tells programs to ignore a relative one.
  const directory = join(isAbsolute(xdg) ? xdg : join(home, '.config'), 'mcp-gateway');
  const inFolder = folder === undefined ? [] : FOLDER_FILE_NAMES.map((name) => resolve(folder, name));
  const candidates = [...inFolder, ...FILE_NAMES.map((name) => join(directory, name))];
  return candidates.find((path) => existsSync(path)) ?? join(directory, 'config.json');
}

/** The home directory, by the variables. */
export function homeOf(env: Environment): string {
  return homeDirectory(env);
}

/** True if a word of the command line names a configuration file: it looks like a path, or there is such a file. */
export function isConfigPath(word: string): boolean {
  if (/[\\/]|^~|\.(?:jsonc?|ya?ml)$/i.test(word)) return true;
  return existsSync(word) && !statSync(word).isDirectory();
}
