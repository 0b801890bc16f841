import { formatPath } from '../config/finding.ts';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Client, ClientHome, Place } from './client.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';

/** A server as a client's file has it. */
export interface FoundServer {
  readonly client: Client;
  readonly place: Place;
  readonly key: string;
  readonly entry: JsonObject;
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
  const cache = new Map<string, JsonObject | undefined>();
  for (const client of clients) {
    for (const place of client.places(home)) {
      const root = await cached(cache, place.path, problems);
      if (root === undefined) continue;
      files.add(place.path);
      for (const [key, entry] of Object.entries(objectAt(root, place.at) ?? {})) {
        if (isPlace(client, home, place, key)) continue;
        if (isJsonObject(entry)) servers.push({ client, place, key, entry });
        else problems.push(`${place.path}: ${formatPath([...place.at, key])}: expected an object, a server`);
      }
    }
  }
  return { servers, files: [...files], problems };
}

async function cached(
  cache: Map<string, JsonObject | undefined>,
  path: string,
  problems: string[],
): Promise<JsonObject | undefined> {
  if (!cache.has(path)) cache.set(path, await rootOf(path, problems));
  return cache.get(path);
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
function isPlace(client: Client, home: ClientHome, { path, at }: Place, key: string): boolean {
  const inner = JSON.stringify([...at, key]);
  return client.places(home).some((place) => place.path === path && JSON.stringify(place.at) === inner);
}
