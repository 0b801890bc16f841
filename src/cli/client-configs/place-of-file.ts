import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Client, ClientHome, Place } from './client.ts';
import { CLIENTS } from './clients.ts';

/** Files of projects, below the folder of the project. */
const PROJECT_FILES = [
  ...['.mcp.json', '.vscode/mcp.json', '.vscode/settings.json', '.cursor/mcp.json', '.roo/mcp.json'],
  ...['.kilocode/mcp.json', '.gemini/settings.json', '.codex/config.toml', '.zed/settings.json'],
  ...['.kiro/settings/mcp.json', '.amazonq/mcp.json', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
  ...['opencode.json', 'opencode.jsonc', '.mcp-gateway.json'],
  ...['.devcontainer/devcontainer.json', '.devcontainer.json'],
];
/** Of these the user's own has the same name. */
const USERS = /\/\.config\/opencode\/opencode\.jsonc?$/;

/** A file in which a client of ours looks, and how: where its servers stand, and seen from where. */
export interface ClientPlaces {
  readonly client: Client;
  /** The client's places in the file, with the path as it was given. */
  readonly places: readonly Place[];
  readonly home: ClientHome;
}

/** The client that reads a file, from where we are or else from the project in which the file stands; undefined: none. */
export function clientOf(path: string, home: ClientHome): ClientPlaces | undefined {
  const { folder } = scopeOf(path, home);
  return (
    readerOf(path, home) ?? (folder === undefined ? undefined : readerOf(path, { ...home, cwd: folder, above: [] }))
  );
}

function readerOf(path: string, home: ClientHome): ClientPlaces | undefined {
  const real = realPath(path);
  for (const client of CLIENTS) {
    const places = usersOnce(client.places(home)).filter((place) => realPath(place.path) === real);
    if (places.length > 0) return { client, places: places.map((place) => ({ ...place, path })), home };
  }
  return undefined;
}

/** One file is one place: in the home directory, and where a link leads to it, a user's file would be a project's as well. */
export function usersOnce(places: readonly Place[]): readonly Place[] {
  const users = new Set(places.filter(({ scope }) => scope === 'user').map(({ path }) => realPath(path)));
  return places.filter(({ scope, path }) => scope !== 'project' || !users.has(realPath(path)));
}

/** A file that came with a project has its servers started there. */
export function scopeOf(path: string, { home }: ClientHome, root: JsonObject = {}): Pick<Place, 'scope' | 'folder'> {
  const plain = path.split(sep).join('/');
  const own = USERS.test(plain) ? undefined : PROJECT_FILES.find((name) => plain.endsWith(`/${name}`));
  if (plain.endsWith('.code-workspace')) return { scope: 'project', folder: firstFolder(path, root) };
  const folder = own && (plain.slice(0, -own.length - 1) || '/');
  return folder === undefined || folder === home ? { scope: 'user' } : { scope: 'project', folder };
}

/** Of a workspace of VS Code. */
function firstFolder(path: string, { folders }: JsonObject): string {
  const first: unknown = Array.isArray(folders) ? folders[0] : undefined;
  const named = isJsonObject(first) && typeof first.path === 'string' ? first.path : '.';
  return resolve(dirname(path), named);
}

/** The path without links, also of a file that is not there yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
