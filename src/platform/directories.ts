import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type Environment, gatewayEnvironment } from './gateway-environment.ts';
import { homeDirectory } from './home-directory.ts';

/** Where what was learnt is kept, and may be lost: `$XDG_CACHE_HOME/mcp-gateway`, else `~/.cache/mcp-gateway`. */
export function cacheDirectory(env: Environment = gatewayEnvironment()): string {
  return join(absolute(env.XDG_CACHE_HOME) ?? join(homeDirectory(env), '.cache'), 'mcp-gateway');
}

/** Where what must last is kept (credentials, trust): `$XDG_DATA_HOME/mcp-gateway`, else `~/.local/share/mcp-gateway`. */
export function dataDirectory(env: Environment = gatewayEnvironment()): string {
  return join(absolute(env.XDG_DATA_HOME) ?? join(homeDirectory(env), '.local', 'share'), 'mcp-gateway');
}

/** Where logs are kept: `$XDG_STATE_HOME/mcp-gateway`, else `~/.local/state/mcp-gateway`. */
export function stateDirectory(env: Environment = gatewayEnvironment()): string {
  return join(absolute(env.XDG_STATE_HOME) ?? join(homeDirectory(env), '.local', 'state'), 'mcp-gateway');
}

/** The standard has it that relative paths are ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/**
 * Where a program of the user runs: where its entry says (`.` is the directory in which we were started), else in the
 * folder of the configuration that names it, else at home. Never just where somebody happens to have started us: that may
 * be a project with files that programs read and run.
 */
export function workingDirectory({ cwd, folder }: { readonly cwd?: string; readonly folder?: string } = {}): string {
  if (cwd !== undefined) return cwd;
  return [folder, homeDirectory()].find((each) => each !== undefined && existsSync(each)) ?? '/';
}

/** The entry's way to say that it wants to run where its client has started us. */
export function isWhereStarted(cwd: string | undefined): boolean {
  return cwd !== undefined && /^\.[\\/]?$/.test(cwd);
}
