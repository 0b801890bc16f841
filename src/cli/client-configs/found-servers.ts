import { dirname, resolve, sep } from 'node:path';
import { formatPath } from '../../config/diagnostic.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { realPathOfExisting } from '../../platform/real-path.ts';
import type { Client, ClientHome, ConfigFile, Verdict, WrittenServer } from './client.ts';
import { CLIENTS } from './clients.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';

/** A server found in a client's file. */
export interface FoundServer extends WrittenServer {
  readonly client: Client;
  /** The parsed content of the whole file. */
  readonly root: JsonObject;
  /** The user's decision on the server, made in the client. */
  readonly verdict: Verdict;
}

/** Servers in the files of clients, and the problems of broken files. */
export interface FoundServers {
  readonly servers: readonly FoundServer[];
  /** Paths of the existing files, in the order read. */
  readonly files: readonly string[];
  /** Each names file, place and cause; it never holds a secret. */
  readonly problems: readonly string[];
}

/** Finds the servers of these clients; a broken file costs only its own servers. */
export async function findServers(clients: readonly Client[], home: ClientHome): Promise<FoundServers> {
  const servers: FoundServer[] = [];
  const files = new Set<string>();
  const problems: string[] = [];
  const read = new Map<string, JsonObject | undefined>();
  for (const client of clients) {
    const places = usersOnce(client.places(home));
    for (const path of [...places.map((place) => place.path), ...(client.settings?.(home) ?? [])])
      if (!read.has(path)) read.set(path, await rootOf(path, problems));
    for (const place of places) {
      const root = read.get(place.path);
      // An optional place counts only if the file has the map.
      if (root === undefined || (place.optional && !objectAt(root, place.at))) continue;
      files.add(place.path);
      for (const server of client.serversIn?.(root, place, home) ?? serversAt(root, place, places, problems))
        servers.push({ ...server, client, root, verdict: client.verdict?.(server, read, home) ?? {} });
    }
  }
  return { servers, files: [...files], problems };
}

/** Sorts the user's servers first: of equal keys, the user's entry keeps the key and the project's gets another. */
export function usersFirst(servers: readonly FoundServer[]): readonly FoundServer[] {
  const rank = { user: 0, local: 1, project: 2 };
  return [...servers].sort((one, other) => rank[one.place.scope] - rank[other.place.scope]);
}

function serversAt(
  root: JsonObject,
  place: ConfigFile,
  places: readonly ConfigFile[],
  problems: string[],
): WrittenServer[] {
  return Object.entries(objectAt(root, place.at) ?? {}).flatMap(([key, entry]) => {
    if (isPlace(places, place, key)) return [];
    if (isJsonObject(entry)) return [{ place, key, entry }];
    problems.push(`${place.path}: ${formatPath([...place.at, key])}: expected an object, a server`);
    return [];
  });
}

async function rootOf(path: string, problems: string[]): Promise<JsonObject | undefined> {
  try {
    const text = await readText(path);
    return text === undefined ? undefined : await parseClientText(text, path);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

/** True if the value under the key is itself a map of servers. */
function isPlace(places: readonly ConfigFile[], { path, at }: ConfigFile, key: string): boolean {
  const inner = JSON.stringify([...at, key]);
  return places.some((place) => place.path === path && JSON.stringify(place.at) === inner);
}

/** Paths of clients' files of a project, relative to the project's folder. */
const PROJECT_FILES = [
  ...['.mcp.json', '.vscode/mcp.json', '.vscode/settings.json', '.cursor/mcp.json', '.roo/mcp.json'],
  ...['.kilocode/mcp.json', '.gemini/settings.json', '.codex/config.toml', '.zed/settings.json'],
  ...['.kiro/settings/mcp.json', '.amazonq/mcp.json', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
  ...['opencode.json', 'opencode.jsonc', '.mcp-gateway.json'],
  ...['.devcontainer/devcontainer.json', '.devcontainer.json'],
];
/** Matches the user's own file of OpenCode, whose path ends like one of the project's files. */
const USERS = /\/\.config\/opencode\/opencode\.jsonc?$/;

/** A file that a known client reads: the maps of servers in it, and the home for which the client reads it. */
export interface ClientPlaces {
  readonly client: Client;
  /** The client's places in the file, with the path as the user gave it. */
  readonly places: readonly ConfigFile[];
  readonly home: ClientHome;
}

/**
 * Returns the known client that reads a file, from `home.cwd` or else from the folder of the project that holds the
 * file; undefined if none does.
 */
export function clientOf(path: string, home: ClientHome): ClientPlaces | undefined {
  const { folder } = scopeOf(path, home);
  return (
    readerOf(path, home) ?? (folder === undefined ? undefined : readerOf(path, { ...home, cwd: folder, above: [] }))
  );
}

function readerOf(path: string, home: ClientHome): ClientPlaces | undefined {
  const real = realPathOfExisting(path);
  for (const client of CLIENTS) {
    const places = usersOnce(client.places(home)).filter((place) => realPathOfExisting(place.path) === real);
    if (places.length > 0) return { client, places: places.map((place) => ({ ...place, path })), home };
  }
  return undefined;
}

/**
 * Removes a project's place if its file is also the user's: in the home directory, or by a link, both are the same
 * file.
 */
function usersOnce(places: readonly ConfigFile[]): readonly ConfigFile[] {
  const users = new Set(places.filter(({ scope }) => scope === 'user').map(({ path }) => realPathOfExisting(path)));
  return places.filter(({ scope, path }) => scope !== 'project' || !users.has(realPathOfExisting(path)));
}

/** Returns the scope of a file by its path; a project's file also has the folder in which its servers start. */
export function scopeOf(
  path: string,
  { home }: ClientHome,
  root: JsonObject = {},
): Pick<ConfigFile, 'scope' | 'folder'> {
  const plain = path.split(sep).join('/');
  const own = USERS.test(plain) ? undefined : PROJECT_FILES.find((name) => plain.endsWith(`/${name}`));
  if (plain.endsWith('.code-workspace')) return { scope: 'project', folder: firstFolder(path, root) };
  const folder = own && (plain.slice(0, -own.length - 1) || '/');
  return folder === undefined || folder === home ? { scope: 'user' } : { scope: 'project', folder };
}

/** Returns the first folder of a VS Code workspace. */
function firstFolder(path: string, { folders }: JsonObject): string {
  const first: unknown = Array.isArray(folders) ? folders[0] : undefined;
  const named = isJsonObject(first) && typeof first.path === 'string' ? first.path : '.';
  return resolve(dirname(path), named);
}
