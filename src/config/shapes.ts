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

/** One server in the native shape, not yet validated, that remembers how it was written. */
export interface RawEntry {
  readonly key: string;
  readonly path: KeyPath;
  /** Absent where the entry cannot be read at all; `findings` says why. */
  readonly value?: JsonObject;
  readonly findings: readonly Diagnostic[];
  /** From a place in `value` to the place in the file. */
  locate(native: KeyPath): KeyPath;
}

/** A configuration file of any shape, taken apart but not yet validated. */
export interface RawConfig {
  readonly entries: readonly RawEntry[];
  readonly settings: { readonly path: KeyPath; readonly value: unknown };
  readonly findings: readonly Diagnostic[];
}

const MAX_KEY_LENGTH = 200;

type Shape = keyof typeof ENTRY_KEYS;

/** Takes apart the flat map, `servers: […]` or `{…}`, or `mcpServers: {…}`; the last two may stand in one file. */
export function readShape(root: JsonObject): RawConfig {
  const listed = 'servers' in root && !looksLikeEntry(root.servers);
  const named = 'mcpServers' in root && !looksLikeEntry(root.mcpServers);
  if (!listed && !named) return readFlat(root);
  const { $schema: _, servers, mcpServers, ...settings } = root;
  const fromList = listed ? readListed(servers) : [];
  const fromMap = named ? readNamed(mcpServers) : [];
  return { ...withoutDuplicates([...fromList, ...fromMap]), settings: { path: [], value: settings } };
}

/** A server may be called "servers" or "mcpServers": then its value says how to reach it. */
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

/** Rules count where they were not meant to stand too: whoever wrote them wanted to stop something. */
function withMisplacedRules(settings: unknown, { permissions }: JsonObject, misplaced: [string, unknown][]): unknown {
  const isMisplaced = isJsonObject(settings) && misplaced.some(([key]) => key === 'permissions');
  return isMisplaced ? { permissions, ...settings } : settings;
}

/** The cure for a key of a flat map that is no server but something of another shape. */
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

/** `mcpServers` as most clients write it, or the same map under `servers`, as VS Code does. */
function readNamed(servers: unknown, member = 'mcpServers'): RawEntry[] {
  if (!isJsonObject(servers)) return [unreadable(member, [member], mistaken(servers, 'an object, name to server'))];
  return Object.entries(servers).map(([key, value]) => readEntry('mcpServers', key, [member, key], value));
}

function withoutDuplicates(all: readonly RawEntry[]): Pick<RawConfig, 'entries' | 'findings'> {
  // What cannot be read takes no key away: it may only be called after its place.
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

/** Editors of other clients write these empty rather than leave them out. */
const OFTEN_EMPTY = ['command', 'url', 'cwd', 'type', 'transport'];

/** What these fields hold goes to others as texts. */
const HOLD_TEXTS = ['command', 'args', 'env', 'environment', 'headers'];

/** Numbers in it as they are written: a version of `3.10` is not 3.1, and no double holds an id of twenty digits. */
export function numbersAsTexts(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const textOf = (member: unknown, key: string | number) =>
    typeof member === 'number' ? (sourceOf(value, key) ?? (Number.isFinite(member) ? String(member) : member)) : member;
  if (Array.isArray(value)) return value.map(textOf);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, textOf(member, key)]));
}

/** Without what is null, which is as if it were not written; but variables of that value are not inherited. */
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

/** In the flat shape, a name from another shape is a better guess than one spelt like it. */
function unknownInEntry(shape: Shape, unknown: readonly string[]): string {
  if (shape !== 'flat') return unknownKeys(unknown, ENTRY_KEYS[shape]);
  return unknown.map((name) => unknownKey(name, ALIASES.get(name) ?? nearest(name, ENTRY_KEYS.flat))).join('; ');
}

/** Why a key cannot name a server in ids, logs and answers. */
export function keyFlaw(key: string): string | undefined {
  if (key.trim() === '') return 'found an empty key';
  if (key.length > MAX_KEY_LENGTH) return `found a key of ${key.length} characters`;
  // Ids are keys and names with "::" between them: each must have one reading only.
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
/** Places in the file by place in the native entry: `command`, or `command.1` where an element stands elsewhere. */
type Origins = Map<string, KeyPath>;

/** What the fields of other shapes are called in the native one. */
const ALIASES = new Map([
  ['env', 'environment'],
  ['timeout', 'timeoutMs'],
  ['args', 'command'],
  ['disabled', 'enabled'],
]);

/** What each word says, however it is spelt; `http` leaves the transport to the detection, which tries Streamable HTTP, then SSE. */
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

/** Rewrites the fields of the listed and mcpServers shapes in place, noting where each came from. */
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

/** One array from `command` and `args`. */
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

/** `"npx -y server"` without `args` is a command line; a program whose path has spaces is not. */
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
