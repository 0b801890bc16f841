import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type Environment, gatewayEnvironment } from './gateway-environment.ts';
import { homeDirectory } from './home-directory.ts';

/** Directory for data that may be lost: `$XDG_CACHE_HOME/mcp-gateway`, else `~/.cache/mcp-gateway`. */
export function cacheDirectory(env: Environment = gatewayEnvironment()): string {
  return join(absolute(env.XDG_CACHE_HOME) ?? join(homeDirectory(env), '.cache'), 'mcp-gateway');
}

/**
 * Directory for data that must last (credentials, trust): `$XDG_DATA_HOME/mcp-gateway`, else
 * `~/.local/share/mcp-gateway`.
 */
export function dataDirectory(env: Environment = gatewayEnvironment()): string {
  return join(absolute(env.XDG_DATA_HOME) ?? join(homeDirectory(env), '.local', 'share'), 'mcp-gateway');
}

/** Directory for logs: `$XDG_STATE_HOME/mcp-gateway`, else `~/.local/state/mcp-gateway`. */
export function stateDirectory(env: Environment = gatewayEnvironment()): string {
  return join(absolute(env.XDG_STATE_HOME) ?? join(homeDirectory(env), '.local', 'state'), 'mcp-gateway');
}

/** The path if it is absolute: the XDG standard ignores relative ones. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/**
 * Working directory for a program of the user: `cwd` of its entry (`.` is the directory in which we were started), else
 * the folder of the configuration that names it, else the home directory. Never the directory in which we happen to be
 * started: that may be a project with files that programs read and run.
 */
export function workingDirectory({ cwd, folder }: { readonly cwd?: string; readonly folder?: string } = {}): string {
  if (cwd !== undefined) return cwd;
  return [folder, homeDirectory()].find((each) => each !== undefined && existsSync(each)) ?? '/';
}

/** True for `.`: the entry wants to run in the directory in which its client has started us. */
export function isWhereStarted(cwd: string | undefined): boolean {
  return cwd !== undefined && /^\.[\\/]?$/.test(cwd);
}
