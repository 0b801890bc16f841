import { sourceOf } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import {
  type Diagnostic,
  describeFound,
  error,
  formatPath,
  type KeyPath,
  suggestion,
  unknownKey,
  unknownKeys,
  warning,
} from './diagnostic.ts';
import { ENTRY_KEYS, TRANSPORT_WORDS } from './schema.ts';
import { settingsSchema } from './settings.ts';

/** One server in the native shape, not validated yet, with the places of its parts in the file. */
export interface RawEntry {
  readonly key: string;
  readonly path: KeyPath;
  /** Absent if the entry cannot be read at all; `findings` has the cause. */
  readonly value?: JsonObject;
  readonly findings: readonly Diagnostic[];
  /** Returns the place in the file of a place in `value`. */
  locate(native: KeyPath): KeyPath;
}

/** The parts of a configuration file of any shape, not validated yet. */
export interface RawConfig {
  readonly entries: readonly RawEntry[];
  readonly settings: { readonly path: KeyPath; readonly value: unknown };
  readonly findings: readonly Diagnostic[];
}

const MAX_KEY_LENGTH = 200;

type Shape = keyof typeof ENTRY_KEYS;

/**
 * Reads a file of any shape: the flat map, `servers: […]` or `{…}`, or `mcpServers: {…}`. The last two may be in one
 * file.
 */
export function readShape(root: JsonObject): RawConfig {
  const listed = 'servers' in root && !looksLikeEntry(root.servers);
  const named = 'mcpServers' in root && !looksLikeEntry(root.mcpServers);
  if (!listed && !named) return readFlat(root);
  const { $schema: _, servers, mcpServers, ...settings } = root;
  const fromList = listed ? readListed(servers) : [];
  const fromMap = named ? readNamed(mcpServers) : [];
  return { ...withoutDuplicates([...fromList, ...fromMap]), settings: { path: [], value: settings } };
}

/** True for a server entry. It tells a server with the name "servers" or "mcpServers" from a map or list of servers. */
function looksLikeEntry(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return [value.type, value.command, value.url].some((field) => typeof field === 'string' || Array.isArray(field));
}

function readFlat(root: JsonObject): RawConfig {
  const { $schema: _, $gateway = {}, ...rest } = root;
  const reserved = Object.keys(rest).filter((key) => key.startsWith('$'));
  const servers = Object.entries(rest).filter(([key]) => !key.startsWith('$'));
  const misplaced = servers.filter(([key, value]) => !looksLikeEntry(value) && hintFor(key) !== undefined);
  const entries = servers.filter((pair) => !misplaced.includes(pair));
  return {
    entries: entries.map(([key, value]) => readEntry('flat', key, [key], value)),
    settings: { path: ['$gateway'], value: withMisplacedRules($gateway, rest, misplaced) },
    findings: [
      ...reserved.map((key) =>
        warning([], `${unknownKeys([key], ['$gateway', '$schema'])} (keys with "$" never name a server)`),
      ),
      ...misplaced.map(([key, value]) => error([key], `${mistaken(value, 'a server entry')}; ${hintFor(key)}`)),
    ],
  };
}

/** Adds rules that are misplaced in the flat map to the settings, because their author wanted to block some tools. */
function withMisplacedRules(settings: unknown, { permissions }: JsonObject, misplaced: [string, unknown][]): unknown {
  const isMisplaced = isJsonObject(settings) && misplaced.some(([key]) => key === 'permissions');
  return isMisplaced ? { permissions, ...settings } : settings;
}

/** Returns the cure for a key of a flat map that belongs to another shape; undefined for other keys. */
function hintFor(key: string): string | undefined {
  const settings = Object.keys(settingsSchema.shape);
  if (settings.includes(key)) return 'beside a flat map, gateway settings stand under "$gateway"';
  const shape = nearest(key, ['mcpServers', 'servers']);
  return shape && `did you mean "${shape}"?`;
}

function readListed(servers: unknown): RawEntry[] {
  if (isJsonObject(servers)) return readNamed(servers, 'servers');
  if (!Array.isArray(servers))
    return [unreadable('servers', ['servers'], mistaken(servers, 'an array of servers, or an object, name to server'))];
  return servers.map((value: unknown, index) => {
    const path = ['servers', index];
    const label = formatPath(path);
    if (!isJsonObject(value)) return readEntry('listed', label, path, value);
    const { id, name, ...fields } = value;
    const key = id ?? name;
    if (typeof key === 'string') return readEntry('listed', key, path, fields);
    return unreadable(
      label,
      [...path, id === undefined ? 'name' : 'id'],
      mistaken(key, 'a string, the key of the server'),
    );
  });
}

/** Reads `mcpServers`, as most clients write it, or the same map under `servers`, as VS Code does. */
function readNamed(servers: unknown, member = 'mcpServers'): RawEntry[] {
  if (!isJsonObject(servers)) return [unreadable(member, [member], mistaken(servers, 'an object, name to server'))];
  return Object.entries(servers).map(([key, value]) => readEntry('mcpServers', key, [member, key], value));
}

function withoutDuplicates(all: readonly RawEntry[]): Pick<RawConfig, 'entries' | 'findings'> {
  // An unreadable entry reserves no key, because its key may be just the name of its place.
  const taken = new Map<string, RawEntry>();
  const entries: RawEntry[] = [];
  const findings: Diagnostic[] = [];
  for (const entry of all) {
    const first = entry.value && taken.get(entry.key);
    if (first) findings.push(error(entry.path, duplicateOf(first), entry.key));
    else entries.push(entry);
    if (entry.value && !first) taken.set(entry.key, entry);
  }
  return { entries, findings };
}

function duplicateOf({ key, path }: RawEntry): string {
  return `found the key ${describeFound(key)} again, expected one that ${formatPath(path)} does not use already; this second server is left out`;
}

function readEntry(shape: Shape, key: string, path: KeyPath, written: unknown): RawEntry {
  const flaw = keyFlaw(key);
  if (flaw)
    return unreadable(formatPath(path), path, `${flaw}, expected a key of 1 to ${MAX_KEY_LENGTH} visible characters`);
  if (!isJsonObject(written)) return unreadable(key, path, mistaken(written, 'an object that describes a server'));
  const known = ENTRY_KEYS[shape];
  const unknown = Object.keys(written).filter((name) => !known.includes(name));
  const value = withoutEmpty(Object.fromEntries(Object.entries(written).filter(([name]) => known.includes(name))));
  const findings = unknown.length === 0 ? [] : [warning(path, unknownInEntry(shape, unknown), key)];
  const origins: Origins = new Map();
  if (shape !== 'flat') findings.push(...toNative(value, path, origins).map((found) => ({ ...found, server: key })));
  return { key, path, value, findings, locate: (native) => locate(path, origins, native) };
}

/** Fields that editors of other clients write as an empty text instead of leaving them out. */
const OFTEN_EMPTY = ['command', 'url', 'cwd', 'type', 'transport'];

/** Fields whose values are passed on as texts. */
const HOLD_TEXTS = ['command', 'args', 'env', 'environment', 'headers'];

/**
 * Turns the numbers of an array or object into texts as written: a version `3.10` is not 3.1, and a double cannot hold
 * an id of twenty digits.
 */
export function numbersAsTexts(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const textOf = (member: unknown, key: string | number) =>
    typeof member === 'number' ? (sourceOf(value, key) ?? (Number.isFinite(member) ? String(member) : member)) : member;
  if (Array.isArray(value)) return value.map(textOf);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, textOf(member, key)]));
}

/**
 * Removes members that are null, and empty texts that count as absent. In `env` and `environment` null is kept: such a
 * variable is not inherited.
 */
function withoutEmpty(fields: JsonObject): JsonObject {
  const isWritten = ([name, value]: [string, unknown]) =>
    value !== null && !(value === '' && OFTEN_EMPTY.includes(name));
  const kept = Object.entries(fields).filter(isWritten);
  return Object.fromEntries(
    kept.map(([name, written]) => {
      const value = HOLD_TEXTS.includes(name) ? numbersAsTexts(written) : written;
      return [name, name === 'env' || name === 'environment' ? value : withoutNulls(value)];
    }),
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutNulls(item)]));
}

/**
 * Returns the message about unknown names. In the flat shape a name of another shape is a better suggestion than a
 * similar one.
 */
function unknownInEntry(shape: Shape, unknown: readonly string[]): string {
  if (shape !== 'flat') return unknownKeys(unknown, ENTRY_KEYS[shape]);
  return unknown.map((name) => unknownKey(name, ALIASES.get(name) ?? nearest(name, ENTRY_KEYS.flat))).join('; ');
}

/** Returns the fault of a key that cannot name a server in ids, logs and answers; undefined if it can. */
export function keyFlaw(key: string): string | undefined {
  if (key.trim() === '') return 'found an empty key';
  if (key.length > MAX_KEY_LENGTH) return `found a key of ${key.length} characters`;
  // Ids are a key and a name with "::" between them, and each must have one reading only.
  if (key.includes('::') || key.endsWith(':'))
    return 'found "::" in the key or ":" at its end, which ids are made with';
  return /\p{Cc}/u.test(key) ? 'found a control character in the key' : undefined;
}

function unreadable(key: string, path: KeyPath, text: string): RawEntry {
  return { key, path, findings: [error(path, text, key)], locate: (native) => [...path, ...native] };
}

function mistaken(found: unknown, expected: string): string {
  return `found ${describeFound(found, true)}, expected ${expected}`;
}

function locate(entry: KeyPath, origins: Origins, native: KeyPath): KeyPath {
  const element = origins.get(native.slice(0, 2).join('.'));
  if (element && native.length > 1) return [...element, ...native.slice(2)];
  const field = origins.get(String(native[0]));
  return field ? [...field, ...native.slice(1)] : [...entry, ...native];
}

type Fields = { [name: string]: unknown };
/** Places in the file by their place in the native entry: `command`, or `command.1` for an element from elsewhere. */
type Origins = Map<string, KeyPath>;

/** Native names of the fields of other shapes. */
const ALIASES = new Map([
  ['env', 'environment'],
  ['timeout', 'timeoutMs'],
  ['args', 'command'],
  ['disabled', 'enabled'],
]);

/**
 * Meanings of transport words, in lower case without separators. `http` leaves the transport to the detection, which
 * tries Streamable HTTP, then SSE.
 */
const MEANINGS: Readonly<Record<string, { type: 'local' | 'remote'; transport?: string }>> = {
  stdio: { type: 'local' },
  local: { type: 'local' },
  remote: { type: 'remote' },
  http: { type: 'remote' },
  streamablehttp: { type: 'remote', transport: 'streamable_http' },
  sse: { type: 'remote', transport: 'sse' },
  websocket: { type: 'remote', transport: 'websocket' },
  ws: { type: 'remote', transport: 'websocket' },
};

/** Rewrites the fields of the listed and mcpServers shapes in place, and records the origin of each. */
function toNative(fields: Fields, path: KeyPath, origins: Origins): Diagnostic[] {
  renameField(fields, 'env', path, origins);
  renameField(fields, 'timeout', path, origins);
  if (fields.disabled === true) fields.enabled = false;
  const findings = [...readCommand(fields, path, origins), ...readWords(fields, path, origins)];
  if (fields.disabled !== undefined && typeof fields.disabled !== 'boolean') {
    findings.push(error([...path, 'disabled'], `found ${describeFound(fields.disabled)}, expected true or false`));
  }
  delete fields.disabled;
  return findings;
}

function renameField(fields: Fields, written: 'env' | 'timeout', path: KeyPath, origins: Origins): void {
  const native = ALIASES.get(written);
  if (native !== undefined && written in fields && !(native in fields)) {
    fields[native] = fields[written];
    origins.set(native, [...path, written]);
  }
  delete fields[written];
}

/** Joins `command` and `args` to one array. */
function readCommand(fields: Fields, path: KeyPath, origins: Origins): Diagnostic[] {
  const { command, args } = fields;
  delete fields.args;
  if (args !== undefined && !Array.isArray(args)) {
    return [error([...path, 'args'], `found ${describeFound(args, true)}, expected an array of strings`)];
  }
  const words = typeof command === 'string' ? programOf(command, args) : command;
  if (!Array.isArray(words)) return [];
  if (typeof command === 'string')
    for (const index of words.keys()) origins.set(`command.${index}`, [...path, 'command']);
  for (const index of (args ?? []).keys()) origins.set(`command.${words.length + index}`, [...path, 'args', index]);
  fields.command = [...words, ...(args ?? [])];
  return [];
}

/**
 * Splits a command line such as `"npx -y server"`, if there are no `args`. A program whose path has spaces stays whole.
 */
function programOf(command: string, args: readonly unknown[] = []): string[] {
  const isLine = args.length === 0 && /^[^\s/\\"'{]+\s/.test(command) && !/["']/.test(command);
  return isLine ? command.trim().split(/\s+/) : [command];
}

function readWords(fields: Fields, path: KeyPath, origins: Origins): Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const field of ['type', 'transport']) {
    const word = fields[field];
    delete fields[field];
    if (word === undefined) continue;
    const meaning = meaningOf(word);
    if (meaning === undefined) findings.push(error([...path, field], unknownWord(word)));
    Object.assign(fields, meaning);
    for (const native of Object.keys(meaning ?? {})) origins.set(native, [...path, field]);
  }
  return findings;
}

function meaningOf(word: unknown) {
  const plain = typeof word === 'string' ? word.toLowerCase().replace(/[-_ ]/g, '') : '';
  return Object.hasOwn(MEANINGS, plain) ? MEANINGS[plain] : undefined;
}

function unknownWord(word: unknown): string {
  const words: readonly string[] = TRANSPORT_WORDS;
  const near = typeof word === 'string' ? nearest(word, words) : undefined;
  return `found ${describeFound(word)}, expected one of ${words.map((known) => `"${known}"`).join(', ')}${suggestion(near)}`;
}
