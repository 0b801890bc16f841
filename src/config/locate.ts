import { existsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { gatewayEnvironment } from '../platform/gateway-environment.ts';
import { expandHome, homeDirectory } from '../platform/home-directory.ts';
import type { Environment } from './substitute.ts';

/** File names in the configuration directory, in the order in which they are tried. */
const FILE_NAMES = ['config.json', 'config.jsonc', 'config.yml', 'config.yaml'];
/** File names in a working directory, in the order in which they are tried. */
const FOLDER_FILE_NAMES = ['mcp-gateway.yml', 'mcp-gateway.yaml', 'mcp-gateway.json', 'mcp-gateway.jsonc'];

/**
 * Returns the absolute path of the file to use: the argument, else `MCP_GATEWAY_CONFIG`, else the first file in
 * `folder` if that is given, else the first one in the user's directory. Only `mcp-gateway start` gives a `folder`: a
 * gateway that a client starts in a project must not run the commands of a file that came with the project. For the
 * same reason `gatewayEnvironment` drops a variable that moves the user's directory into the project.
 * `MCP_GATEWAY_CONFIG` always counts: no other program uses it, so it was set to select that file.
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
  // The XDG specification says to ignore a relative path.
  const directory = join(isAbsolute(xdg) ? xdg : join(home, '.config'), 'mcp-gateway');
  const inFolder = folder === undefined ? [] : FOLDER_FILE_NAMES.map((name) => resolve(folder, name));
  const candidates = [...inFolder, ...FILE_NAMES.map((name) => join(directory, name))];
  return candidates.find((path) => existsSync(path)) ?? join(directory, 'config.json');
}

/** Returns the paths that go before this one in the user's directory: while none of them exists, it is the one used. */
export function triedBefore(path: string): readonly string[] {
  return FILE_NAMES.slice(0, Math.max(0, FILE_NAMES.indexOf(basename(path)))).map((name) => join(dirname(path), name));
}

/** Returns the home directory that the variables name. */
export function homeOf(env: Environment): string {
  return homeDirectory(env);
}

/** True if a word of the command line names a configuration file: it looks like a path, or there is such a file. */
export function isConfigPath(word: string): boolean {
  if (/[\\/]|^~|\.(?:jsonc?|ya?ml)$/i.test(word)) return true;
  return existsSync(word) && !statSync(word).isDirectory();
}
