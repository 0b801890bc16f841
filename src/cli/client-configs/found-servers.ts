import { formatPath } from '../../config/finding.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Client, ClientHome, Place, Verdict, WrittenServer } from './client.ts';
import { usersOnce } from './place-of-file.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';

/** A server as a client's file has it. */
export interface FoundServer extends WrittenServer {
  readonly client: Client;
  /** The whole file. */
  readonly root: JsonObject;
  /** What the person has said of it in the client. */
  readonly verdict: Verdict;
}

/** What the files of clients say, and which of them are broken. */
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

function serversAt(root: JsonObject, place: Place, places: readonly Place[], problems: string[]): WrittenServer[] {
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

/** Whether what stands under the key is itself a map of servers. */
function isPlace(places: readonly Place[], { path, at }: Place, key: string): boolean {
  const inner = JSON.stringify([...at, key]);
  return places.some((place) => place.path === path && JSON.stringify(place.at) === inner);
}
