import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Client, ClientHome, Place } from './client.ts';
import { editJson } from './edit-json.ts';
import { editToml } from './edit-toml.ts';
import { leadsToUs, type Self } from './our-entry.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';

/** The key of our entry: AGENTS.template.md speaks of this server. */
const KEY = 'gateway';

/** A change of one entry in one file of a client. */
export interface Installation {
  readonly place: Place;
  readonly key: string;
  /** The text of the file as it was read; undefined: there is none. */
  readonly text: string | undefined;
  /** Our entry as it is in the file, and as it shall be; undefined: none. */
  readonly from: JsonObject | undefined;
  readonly to: JsonObject | undefined;
  /** What the file shall say; undefined: nothing, it was made by us and goes. */
  readonly after: string | undefined;
}

/** What puts our entry into the client's file, in place of an older one of ours. Other entries are never touched. */
export async function planInstall(
  client: Client,
  scope: 'user' | 'project',
  { home, self, command }: { readonly home: ClientHome; readonly self: Self; readonly command: readonly string[] },
): Promise<Installation> {
  const { place, text, map } = await openPlace(client, scope, home);
  const key = ownKey(map, self) ?? freeKey(map);
  const from = entryAt(map, key);
  const to = client.entryFor(command);
  const after = isDeepStrictEqual({ ...from }, to) ? text : await edited(place, key, text ?? '', to);
  return { place, key, text, from, to, after };
}

/** What takes our entry out again, and puts back an older one of ours that stood there before. */
export async function planUndo(
  client: Client,
  scope: 'user' | 'project',
  { home, self }: { readonly home: ClientHome; readonly self: Self },
): Promise<Installation> {
  const { place, text, map } = await openPlace(client, scope, home);
  const key = ownKey(map, self);
  const from = key === undefined ? undefined : entryAt(map, key);
  if (text === undefined || key === undefined || from === undefined)
    return { place, key: KEY, text, from: undefined, to: undefined, after: text };
  for (const before of await backupsOf(place.path)) {
    const to = entryAt(objectAt(await rootOf(before, place.path), place.at), key);
    if (to && isDeepStrictEqual(to, from)) continue;
    // Byte for byte, when nobody has changed anything else since.
    const isUntouched = (await edited(place, key, before, from)) === text;
    return { place, key, text, from, to, after: isUntouched ? before : await edited(place, key, text, to) };
  }
  const isMadeByUs = (await edited(place, key, '', from)) === text;
  return { place, key, text, from, to: undefined, after: isMadeByUs ? undefined : await edited(place, key, text) };
}

interface OpenPlace {
  readonly place: Place;
  readonly text: string | undefined;
  readonly map: JsonObject | undefined;
}

/** The first place that has servers, else the first whose file exists, else the first. */
async function openPlace(client: Client, scope: 'user' | 'project', home: ClientHome): Promise<OpenPlace> {
  const places = client.places(home).filter((place) => place.scope === scope);
  const opened: OpenPlace[] = [];
  for (const place of places) {
    const text = await readText(place.path);
    const root = text === undefined ? {} : await parseClientText(text, place.path);
    opened.push({ place, text, map: objectAt(root, place.at) });
  }
  const begun = opened.filter(({ place }) => !place.optional);
  const chosen = opened.find(({ map }) => map) ?? begun.find(({ text }) => text !== undefined) ?? begun[0];
  if (chosen) return chosen;
  throw new GatewayError('CONFIG_INVALID', `${client.name} has no file of a ${scope}`);
}

function ownKey(map: JsonObject = {}, self: Self): string | undefined {
  return Object.keys(map).find((key) => leadsToUs(entryAt(map, key) ?? {}, self));
}

function freeKey(map: JsonObject = {}): string {
  if (!Object.hasOwn(map, KEY)) return KEY;
  let count = 2;
  while (Object.hasOwn(map, `${KEY}-${count}`)) count++;
  return `${KEY}-${count}`;
}

function entryAt(map: JsonObject | undefined, key: string): JsonObject | undefined {
  const entry = map && Object.hasOwn(map, key) ? map[key] : undefined;
  return isJsonObject(entry) ? entry : undefined;
}

async function edited({ path, at }: Place, key: string, text: string, entry?: JsonObject): Promise<string> {
  if (path.endsWith('.toml')) return editToml(text, { map: String(at[0]), key }, entry);
  return editJson(text, [...at, key], entry);
}

/** The texts of the backups, the latest first. */
async function backupsOf(path: string): Promise<string[]> {
  const target = await realpath(path);
  const names = await readdir(dirname(target));
  const kept = names
    .filter((name) => name.startsWith(`${basename(target)}.bak-`))
    .sort()
    .reverse();
  const texts = await Promise.all(kept.map((name) => readText(join(dirname(target), name))));
  return texts.filter((text) => text !== undefined);
}

/** A backup that cannot be read any more says nothing. */
async function rootOf(text: string, path: string): Promise<JsonObject> {
  return parseClientText(text, path).catch(() => ({}));
}
