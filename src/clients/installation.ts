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

/** One entry of a client's file, as it is and as it shall be; undefined: none. */
export interface EntryChange {
  readonly place: Place;
  readonly key: string;
  readonly from: JsonObject | undefined;
  readonly to: JsonObject | undefined;
}

/** What an install or its undo does to one file of a client. */
export interface Installation {
  readonly own: EntryChange;
  /** Servers that the gateway has too, taken out of the client or put back. */
  readonly others: readonly EntryChange[];
  /** Servers that stay until these variables are set: their secrets are in the client's file and nowhere else. */
  readonly waiting: readonly { readonly place: Place; readonly key: string; readonly unset: readonly string[] }[];
  /** The text of the file as it was read; undefined: there is none. */
  readonly text: string | undefined;
  /** What the file shall say; undefined: nothing, it was made by us and goes. */
  readonly after: string | undefined;
}

/** How the gateway has a server of a client: with the variables that it still waits for; undefined: it has it not. */
export type TakenOver = (place: Place, key: string) => { readonly unset: readonly string[] } | undefined;

export interface InstallParts {
  readonly home: ClientHome;
  readonly self: Self;
  readonly command: readonly string[];
  /** What the gateway has of the servers of clients; absent: all stay. */
  readonly takenOver?: TakenOver | undefined;
}

/** What puts our entry into the client's file, in place of an older one of ours and of the servers that we have. */
export async function planInstall(
  client: Client,
  scope: 'user' | 'project',
  { home, self, command, takenOver }: InstallParts,
): Promise<Installation> {
  const { place, text, map, root } = await openPlace(client, scope, home);
  const key = ownKey(map, self) ?? freeKey(map);
  const own = { place, key, from: entryAt(map, key), to: client.entryFor(command) };
  const had = placesBeside(client, place, home).flatMap((beside) =>
    Object.entries(objectAt(root, beside.at) ?? {}).flatMap(([name, entry]) => {
      const has = name !== key && isJsonObject(entry) ? takenOver?.(beside, name) : undefined;
      return has ? [{ ...has, place: beside, key: name, from: entry as JsonObject, to: undefined }] : [];
    }),
  );
  const others = had.filter(({ unset }) => unset.length === 0);
  const waiting = had.filter((server) => !others.includes(server));
  const isThere = isDeepStrictEqual({ ...own.from }, own.to);
  return { own, others, waiting, text, after: await editedBy(isThere ? others : [...others, own], text) };
}

/** What takes our entry out again, and puts back what stood there before: an older one of ours, the servers it replaced. */
export async function planUndo(
  client: Client,
  scope: 'user' | 'project',
  { home, self }: Pick<InstallParts, 'home' | 'self'>,
): Promise<Installation> {
  const { place, text, map, root } = await openPlace(client, scope, home);
  const key = ownKey(map, self);
  const from = key === undefined ? undefined : entryAt(map, key);
  if (text === undefined || key === undefined || from === undefined)
    return { own: { place, key: KEY, from: undefined, to: undefined }, others: [], waiting: [], text, after: text };
  for (const before of await backupsOf(place.path)) {
    const then = await rootOf(before, place.path);
    const to = entryAt(objectAt(then, place.at), key);
    if (to && isDeepStrictEqual(to, from)) continue;
    const own = { place, key, from, to };
    const others = placesBeside(client, place, home).flatMap((beside) => missingIn(root, then, beside, key));
    // Byte for byte, when nobody has changed anything else since.
    const isUntouched = (await editedBy([...others, own].map(turned), before)) === text;
    return { own, others, waiting: [], text, after: isUntouched ? before : await editedBy([own, ...others], text) };
  }
  const own = { place, key, from, to: undefined };
  const isMadeByUs = (await editedBy([turned(own)], '')) === text;
  return { own, others: [], waiting: [], text, after: isMadeByUs ? undefined : await editedBy([own], text) };
}

/** Every map of servers that the client reads in the same file for the same scope. */
function placesBeside(client: Client, { path, scope }: Place, home: ClientHome): readonly Place[] {
  return client.places(home).filter((place) => place.path === path && place.scope === scope);
}

/** The servers that a map had then and has no more. */
function missingIn(now: JsonObject, then: JsonObject, place: Place, ownKey: string): EntryChange[] {
  const map = objectAt(now, place.at) ?? {};
  return Object.entries(objectAt(then, place.at) ?? {}).flatMap(([key, to]) =>
    key !== ownKey && isJsonObject(to) && !Object.hasOwn(map, key) ? [{ place, key, from: undefined, to }] : [],
  );
}

function turned({ place, key, from, to }: EntryChange): EntryChange {
  return { place, key, from: to, to: from };
}

/** The text after these changes, one after the other. */
async function editedBy(changes: readonly EntryChange[], text: string | undefined): Promise<string | undefined> {
  let after = text;
  for (const { place, key, to } of changes) after = await edited(place, key, after ?? '', to);
  return after;
}

interface OpenPlace {
  readonly place: Place;
  readonly text: string | undefined;
  readonly root: JsonObject;
  readonly map: JsonObject | undefined;
}

/** The first place that has servers, else the first whose file exists, else the first. */
async function openPlace(client: Client, scope: 'user' | 'project', home: ClientHome): Promise<OpenPlace> {
  const places = client.places(home).filter((place) => place.scope === scope);
  const opened: OpenPlace[] = [];
  for (const place of places) {
    const text = await readText(place.path);
    const root = text === undefined ? {} : await parseClientText(text, place.path);
    opened.push({ place, text, root, map: objectAt(root, place.at) });
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
