import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Client, ClientHome, ConfigFile } from './client.ts';
import { markOf, restoredMember, withoutMember, withValue } from './edit-json.ts';
import { editToml } from './edit-toml.ts';
import { leadsToUs, type Self } from './our-entry.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';
import { backupsOf, backupsSince, mergeTexts, originOf, textOf, wasThere } from './replace-file.ts';

/** The key of our entry: AGENTS.template.md speaks of this server. */
const KEY = 'gateway';

/** One entry of a client's file, as it is and as it shall be; undefined: none. */
export interface EntryChange {
  readonly place: ConfigFile;
  readonly key: string;
  readonly from: JsonObject | undefined;
  readonly to: JsonObject | undefined;
  /** The text of the file that has it as it shall be, where there is one: it is written as it stands there. */
  readonly source?: string | undefined;
}

/** Changes of an install, or of its undo, to one file of a client. */
export interface Installation {
  readonly own: EntryChange;
  /** Servers that the gateway has too, taken out of the client or put back. */
  readonly others: readonly EntryChange[];
  /** Servers that stay until these variables are set: their secrets are in the client's file and nowhere else. */
  readonly waiting: readonly { readonly place: ConfigFile; readonly key: string; readonly unset: readonly string[] }[];
  /** The text of the file as it was read; undefined: there is none. */
  readonly text: string | undefined;
  /** New text of the file; undefined: the file is deleted, because an install created it. */
  readonly after: string | undefined;
  /** The file as it was before the first install, to be kept until the undo; absent: it is kept already. */
  readonly origin?: string | undefined;
}

/**
 * Finds a client's server among the gateway's: returns the variables that are not set yet, or undefined if the gateway
 * does not have it.
 */
export type TakenOver = (place: ConfigFile, key: string) => { readonly unset: readonly string[] } | undefined;

export interface InstallParts {
  readonly home: ClientHome;
  readonly self: Self;
  readonly command: readonly string[];
  /** Finds servers of the client that the gateway has too; absent: all stay in the client's file. */
  readonly takenOver?: TakenOver | undefined;
}

/** Plans to put our entry into the client's file, in place of an older one of ours and of the servers that we have. */
export async function planInstall(
  client: Client,
  scope: 'user' | 'project',
  { home, self, command, takenOver }: InstallParts,
): Promise<Installation> {
  const { place, text, map, root } = await openPlace(client, scope, home);
  const key = ownKey(map, self) ?? freeKey(map);
  const own = { place, key, from: entryAt(map, key), to: client.entryFor(command) };
  const had = placesBeside(client, place, home, [root]).flatMap((beside) =>
    Object.entries(objectAt(root, beside.at) ?? {}).flatMap(([name, entry]) => {
      const has = name !== key && isJsonObject(entry) ? takenOver?.(beside, name) : undefined;
      return has ? [{ ...has, place: beside, key: name, from: entry as JsonObject, to: undefined }] : [];
    }),
  );
  const others = had.filter(({ unset }) => unset.length === 0);
  const waiting = had.filter((server) => !others.includes(server));
  const isThere = isDeepStrictEqual({ ...own.from }, own.to);
  const after = await editedBy(isThere ? others : [...others, own], text);
  const isKept = text !== undefined && (await originOf(place.path)) !== undefined;
  const origin = isKept ? undefined : await firstText(place, text, self);
  return { own, others, waiting, text, after, origin };
}

/** As the file was before us: an older version of us may have been there, and left backups without itself. */
async function firstText(place: ConfigFile, text: string | undefined, self: Self): Promise<string> {
  const isOurs = async (each: string) => ownKey(objectAt(await rootOf(each, place.path), place.at), self) !== undefined;
  if (text === undefined) return '';
  if (await isOurs(text)) for (const backup of await backupsOf(place.path)) if (!(await isOurs(backup))) return backup;
  return text;
}

/**
 * Plans to take our entry out again, and to put back the entries from before the first install: an older entry of ours,
 * and the servers that any install has taken out since. Changes that others have made meanwhile stay.
 */
export async function planUndo(
  client: Client,
  scope: 'user' | 'project',
  { home, self }: Pick<InstallParts, 'home' | 'self'>,
): Promise<Installation> {
  const { place, text, map, root } = await openPlace(client, scope, home, self);
  const key = ownKey(map, self);
  const origin = text === undefined ? undefined : await originOf(place.path);
  if (text === undefined || (key === undefined && origin === undefined))
    return { own: { place, key: KEY, from: undefined, to: undefined }, others: [], waiting: [], text, after: text };
  const first = origin ?? (await firstText(place, text, self));
  const then = { text: first, root: first === text ? {} : await rootOf(first, place.path) };
  const before = objectAt(then.root, place.at);
  const oldKey = ownKey(before, self);
  const own = {
    place,
    key: key ?? KEY,
    from: entryAt(map, key ?? KEY),
    to: oldKey === key && key !== undefined ? entryAt(before, key) : undefined,
    source: first,
  };
  const backups = await backupsSince(place.path);
  const versions = [
    then,
    ...(await Promise.all(backups.map(async (each) => ({ text: each, root: await rootOf(each, place.path) })))),
  ];
  const roots = versions.map((version) => version.root);
  const others = placesBeside(client, place, home, roots).flatMap((beside) => missingIn(root, versions, beside, self));
  const changes = key === undefined ? others : [own, ...others];
  const made = first.trim() === '';
  const installed = await installedTexts(own, others, made ? '' : first);
  // Byte for byte, when nobody has changed anything else since, nor between two installs.
  const isOld = ({ place: { at }, key: name, to }: EntryChange) =>
    isDeepStrictEqual(entryAt(objectAt(then.root, at), name), to);
  const isUntouched = installed.includes(text) && others.every(isOld);
  const whole = wasThere(origin) ? textOf(origin) : made || first === text ? undefined : first;
  return {
    own,
    others,
    waiting: [],
    text,
    after: isUntouched ? whole : await undone(changes, { text, first, installed }, place.path),
  };
}

/** Texts that the file may have had after the installs: the servers were taken out before our entry came, or later. */
function installedTexts(own: EntryChange, others: readonly EntryChange[], first: string): Promise<string[]> {
  const [entry, gone] = [turned(own), others.map(turned)];
  return Promise.all(
    [
      [...gone, entry],
      [entry, ...gone],
    ].map(async (changes) => (await editedBy(changes, first)) ?? ''),
  );
}

interface UndoneTexts {
  readonly text: string;
  readonly first: string;
  readonly installed: readonly string[];
}

/** The text without us: as it stood before, but for the lines that were changed since. */
async function undone(
  changes: readonly EntryChange[],
  { text, first, installed }: UndoneTexts,
  path: string,
): Promise<string | undefined> {
  const edited = await editedBy(changes, text);
  if (edited === undefined || first.trim() === '') return edited;
  const wanted = await parseClientText(edited, path);
  for (const base of installed) {
    const merged = mergeTexts(base, first, text);
    if (merged === undefined || isStrict(merged) !== isStrict(text)) continue;
    if (isDeepStrictEqual(await rootOf(merged, path), wanted)) return merged;
  }
  return edited;
}

/** True if a text is JSON without comments and trailing commas: some clients accept no other. */
function isStrict(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Every map of servers that the client reads in the same file: for the same scope, and in the user's own file for each project.
 * `roots` are that file, now or before.
 */
function placesBeside(
  client: Client,
  { path, scope }: ConfigFile,
  home: ClientHome,
  roots: readonly JsonObject[],
): readonly ConfigFile[] {
  const isMeant = (each: ConfigFile) => each.path === path && (each.scope === scope || each.scope === 'local');
  return client.places(withFolders(client, home, roots)).filter(isMeant);
}

/** The home of a client, extended by all projects for which these files of the client hold servers. */
export function withFolders(client: Client, home: ClientHome, roots: readonly JsonObject[]): ClientHome {
  const named = roots.flatMap((root) => client.foldersIn?.(root) ?? []);
  return { ...home, above: [...new Set([...(home.above ?? []), ...named])].filter((folder) => folder !== home.cwd) };
}

/** The file as it was once. */
interface Version {
  readonly text: string;
  readonly root: JsonObject;
}

/** The servers that a map had then, or later, and has no more; of each as it was last. */
function missingIn(now: JsonObject, then: readonly Version[], place: ConfigFile, self: Self): EntryChange[] {
  const map = objectAt(now, place.at) ?? {};
  const had = new Map(
    then.flatMap(({ text, root }) =>
      Object.entries(objectAt(root, place.at) ?? {}).map(([key, to]) => [key, { to, source: text }] as const),
    ),
  );
  return [...had].flatMap(([key, { to, source }]) =>
    isJsonObject(to) && !Object.hasOwn(map, key) && !leadsToUs(to, self)
      ? [{ place, key, from: undefined, to, source }]
      : [],
  );
}

function turned({ place, key, from, to }: EntryChange): EntryChange {
  return { place, key, from: to, to: from };
}

/** The text after these changes, one after the other. */
async function editedBy(changes: readonly EntryChange[], text: string | undefined): Promise<string | undefined> {
  let after = text;
  for (const change of changes) after = await edited(change, after ?? '');
  return after;
}

interface OpenPlace {
  readonly place: ConfigFile;
  readonly text: string | undefined;
  readonly root: JsonObject;
  readonly map: JsonObject | undefined;
}

/** The first place that has us (with `self`), else servers, else whose file exists, else the first. */
async function openPlace(client: Client, scope: 'user' | 'project', home: ClientHome, self?: Self): Promise<OpenPlace> {
  const places = client.places(home).filter((place) => place.scope === scope);
  const opened: OpenPlace[] = [];
  for (const place of places) {
    const text = await readText(place.path);
    const root = text === undefined ? {} : await parseClientText(text, place.path);
    opened.push({ place, text, root, map: objectAt(root, place.at) });
  }
  const begun = opened.filter(({ place }) => !place.optional);
  const ours = self && opened.find(({ map }) => ownKey(map, self) !== undefined);
  const chosen = ours ?? opened.find(({ map }) => map) ?? begun.find(({ text }) => text !== undefined) ?? begun[0];
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

async function edited({ place: { path, at }, key, to, source }: EntryChange, text: string): Promise<string> {
  if (path.endsWith('.toml')) return editToml(text, { map: String(at[0]), key }, to, source);
  const where = [...at, key];
  const restored = to && source !== undefined ? restoredMember(text, where, source) : undefined;
  if (to) return restored ?? withValue(text, where, to);
  const mark = markOf(text);
  return mark + withoutMember(text.slice(mark.length), where);
}

/** A backup that cannot be read any more says nothing. */
async function rootOf(text: string, path: string): Promise<JsonObject> {
  return parseClientText(text, path).catch(() => ({}));
}
