import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Client, ClientHome, ConfigFile } from './client.ts';
import { markOf, restoredMember, withoutMember, withValue } from './edit-json.ts';
import { editToml } from './edit-toml.ts';
import { leadsToUs, type Self } from './our-entry.ts';
import { objectAt, parseClientText, readText } from './read-client-file.ts';
import { backupsOf, backupsSince, mergeTexts, originOf, textOf, wasThere } from './replace-file.ts';

/** The key of our entry; AGENTS.template.md names the server by it. */
const KEY = 'gateway';

/**
 * A change of one entry of a client's file; `from` or `to` is undefined if the entry does not exist before or after it.
 */
export interface EntryChange {
  readonly place: ConfigFile;
  readonly key: string;
  readonly from: JsonObject | undefined;
  readonly to: JsonObject | undefined;
  /** An older text of the file that holds the entry `to`: the change copies its lines from there. */
  readonly source?: string | undefined;
}

/** Changes of an install, or of its undo, to one file of a client. */
export interface Installation {
  readonly own: EntryChange;
  /** Servers that the gateway also has: an install removes them from the client's file, an undo restores them. */
  readonly others: readonly EntryChange[];
  /** Servers that stay until these variables are set: their secrets are in the client's file and nowhere else. */
  readonly waiting: readonly { readonly place: ConfigFile; readonly key: string; readonly unset: readonly string[] }[];
  /** The text of the file as read; undefined if it does not exist. */
  readonly text: string | undefined;
  /** New text of the file; undefined: the file is deleted, because an install created it. */
  readonly after: string | undefined;
  /** The text from before the first install, to be kept until the undo; absent: a copy exists already. */
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
  /** Finds servers of the client that the gateway also has; absent: all stay in the client's file. */
  readonly takenOver?: TakenOver | undefined;
}

/**
 * Plans an install: adds our entry to the client's file, or replaces an older one of ours, and removes the servers that
 * the gateway has.
 */
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

/**
 * Returns the text from before the gateway: an empty string for a new file. If the file already has our entry, from an
 * older version, it is the latest backup without one, or the text itself if all backups have one.
 */
async function firstText(place: ConfigFile, text: string | undefined, self: Self): Promise<string> {
  const isOurs = async (each: string) => ownKey(objectAt(await rootOf(each, place.path), place.at), self) !== undefined;
  if (text === undefined) return '';
  if (await isOurs(text)) for (const backup of await backupsOf(place.path)) if (!(await isOurs(backup))) return backup;
  return text;
}

/**
 * Plans an undo: removes our entry, and restores from before the first install an older entry of ours and the servers
 * that any install has removed since. Changes by others in the meantime stay.
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
  // If the text is exactly the result of an install, the undo restores the first text byte for byte.
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

/**
 * Returns the texts that the file may have had after the installs, which removed the servers before or after they added
 * our entry.
 */
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

/**
 * Returns the text without our entry: the first text with the lines changed since, or, if these cannot be merged, the
 * edited current text.
 */
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

/** True if a text is JSON without comments and trailing commas: some clients accept no other JSON. */
function isStrict(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns every map of servers that the client reads in the same file: for the same scope, and in the user's own file
 * those of each project. `roots`: the current and older contents of that file.
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

/** Returns `home` with the folders of all projects for which these contents of the client's files hold servers. */
export function withFolders(client: Client, home: ClientHome, roots: readonly JsonObject[]): ClientHome {
  const named = roots.flatMap((root) => client.foldersIn?.(root) ?? []);
  return { ...home, above: [...new Set([...(home.above ?? []), ...named])].filter((folder) => folder !== home.cwd) };
}

/** An older text of the file, and its content. */
interface Version {
  readonly text: string;
  readonly root: JsonObject;
}

/**
 * Returns changes that restore the servers which older versions of a map had and the current one lacks, each from its
 * latest version.
 */
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

/** Applies these changes one after the other and returns the text. */
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

/**
 * Reads the client's places of this scope and returns the first that holds our entry (only with `self`), else the first
 * with a map of servers, else the first whose file exists, else the first.
 */
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

/** Parses an older text of the file; a text that cannot be parsed counts as empty. */
async function rootOf(text: string, path: string): Promise<JsonObject> {
  return parseClientText(text, path).catch(() => ({}));
}
