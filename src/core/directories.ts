import { isAbsolute, join } from 'node:path';
import { homeDirectory } from './home-directory.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where what was learnt is kept, and may be lost: `$XDG_CACHE_HOME/mcp-gateway`, else `~/.cache/mcp-gateway`. */
export function cacheDirectory(env: Environment = process.env): string {
  return join(absolute(env.XDG_CACHE_HOME) ?? join(homeDirectory(), '.cache'), 'mcp-gateway');
}

/** Where what must last is kept (credentials, trust): `$XDG_DATA_HOME/mcp-gateway`, else `~/.local/share/mcp-gateway`. */
export function dataDirectory(env: Environment = process.env): string {
  return join(absolute(env.XDG_DATA_HOME) ?? join(homeDirectory(), '.local', 'share'), 'mcp-gateway');
}

/** Where logs are kept: `$XDG_STATE_HOME/mcp-gateway`, else `~/.local/state/mcp-gateway`. */
export function stateDirectory(env: Environment = process.env): string {
  return join(absolute(env.XDG_STATE_HOME) ?? join(homeDirectory(), '.local', 'state'), 'mcp-gateway');
}

/** The standard has it that relative paths are ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
