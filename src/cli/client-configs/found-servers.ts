import { dirname, resolve, sep } from 'node:path';
import { formatPath } from '../../config/diagnostic.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { realPathOfExisting } from '../../platform/real-path.ts';
import type { Client, ClientHome, ConfigFile, Verdict, WrittenServer } from './client.ts';
import { CLIENTS } from './clients.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';

/** A server as a client's file has it. */
export interface FoundServer extends WrittenServer {
  readonly client: Client;
  /** The whole file. */
  readonly root: JsonObject;
  /** Decision of the person in the client. */
  readonly verdict: Verdict;
}

/** Servers in the files of clients, and the problems of broken files. */
export interface FoundServers {
  readonly servers: readonly FoundServer[];
  /** Files that were there, in the order read. */
  readonly files: readonly string[];
  /** Each names file, place and cause; never a secret. */
  readonly problems: readonly string[];
}

/** The servers of these clients; a broken file costs its own servers only. */
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
      // A file of settings is none of servers until it has some.
      if (root === undefined || (place.optional && !objectAt(root, place.at))) continue;
      files.add(place.path);
      for (const server of client.serversIn?.(root, place, home) ?? serversAt(root, place, places, problems))
        servers.push({ ...server, client, root, verdict: client.verdict?.(server, read, home) ?? {} });
    }
  }
  return { servers, files: [...files], problems };
}

/** Servers of the user come first: a project's entry of the same name gets another. */
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
  readonly places: readonly ConfigFile[];
  readonly home: ClientHome;
}

/**
 * The client that reads a file, from where we are or else from the project in which the file stands; undefined: none.
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
 * One file is one place: in the home directory, and where a link leads to it, a user's file would be a project's as
 * well.
 */
function usersOnce(places: readonly ConfigFile[]): readonly ConfigFile[] {
  const users = new Set(places.filter(({ scope }) => scope === 'user').map(({ path }) => realPathOfExisting(path)));
  return places.filter(({ scope, path }) => scope !== 'project' || !users.has(realPathOfExisting(path)));
}

/** A file that came with a project has its servers started there. */
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

/** Of a workspace of VS Code. */
function firstFolder(path: string, { folders }: JsonObject): string {
  const first: unknown = Array.isArray(folders) ? folders[0] : undefined;
  const named = isJsonObject(first) && typeof first.path === 'string' ? first.path : '.';
  return resolve(dirname(path), named);
}
