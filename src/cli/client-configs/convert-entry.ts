import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkEntry } from '../../config/check-entry.ts';
import { fillEntry } from '../../config/fill-entry.ts';
import { EntrySecrets, type Sources } from '../../config/secrets/secrets.ts';
import { readShape } from '../../config/shapes.ts';
import { type Environment, substitute } from '../../config/substitute.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ClientHome, ToolRule } from './client.ts';
import type { FoundServer } from './found-servers.ts';
import { mapTexts } from './translate.ts';

/** A server in our native shape, or why it cannot be one. */
export interface Carried {
  readonly entry?: JsonObject;
  readonly refusal?: string;
  readonly notes: readonly string[];
  readonly rules: readonly ToolRule[];
}

/** Fits everywhere. */
const ANY_VALUE = 'http://localhost';
/** One that fits behind the scheme of an address: a name, a password, a host, a port. */
const ANY_PART = '1';
/** Theirs are not to be read. */
const ANY_SOURCES: Sources = { secret: () => ANY_VALUE, file: () => ANY_VALUE };

/** A client's entry as ours, checked as a configuration is. */
export function carry({ client, place, key, entry: written, root, verdict }: FoundServer, home: ClientHome): Carried {
  const { entry, notes, refusal, rules = [] } = client.translate(written, { place, home, root });
  const all = [...(verdict.rules ?? []), ...rules];
  if (refusal !== undefined) return { refusal, notes, rules: all };
  const [raw] = readShape({ mcpServers: { [key]: entry } }).entries;
  if (raw?.value === undefined) return { refusal: raw?.findings[0]?.text ?? 'no server', notes, rules: all };
  const surroundings = { folder: home.cwd, home: home.home, env: anyValues(entry), sources: ANY_SOURCES };
  const { findings, value } = checkEntry(raw, surroundings);
  const mistakes = findings.filter(({ severity }) => severity === 'error').map(({ text }) => text);
  if (value === undefined) return { refusal: mistakes.join('; '), notes, rules: all };
  const placed = place.scope === 'user' ? raw.value : startedIn(place.folder ?? home.cwd, raw.value);
  const switched = verdict.off === undefined ? placed : { ...placed, enabled: false };
  return {
    entry: tidy(switched, value.type),
    notes: verdict.off === undefined ? notes : [...notes, verdict.off],
    rules: all,
  };
}

/** Every variable that the entry names, with a value that fits everywhere: theirs are not known, or not to be shown. */
export function anyValues(entry: JsonObject): Record<string, string> {
  const text = JSON.stringify(entry);
  const parts = new Set(variablesIn((text.match(/:\/\/[^"\s]*/g) ?? []).join(' ')));
  return Object.fromEntries(variablesIn(text).map((name) => [name, parts.has(name) ? ANY_PART : ANY_VALUE]));
}

function variablesIn(text: string): string[] {
  const { missing, unset } = substitute(text, {});
  return [...missing, ...unset];
}

/**
 * A project's client starts its servers in the project, whatever their commands look like; the gateway starts anywhere.
 */
function startedIn(folder: string, entry: JsonObject): JsonObject {
  const { command, cwd } = entry;
  if (!Array.isArray(command)) return entry;
  const start = typeof cwd === 'string' && cwd !== '' ? cwd : '.';
  const isPlaced = /^~|^[$%]/.test(start);
  // Both name where the client was started.
  const inFolder = mapTexts(entry, (text) =>
    text.replace(/(?<!\$)\$\{(?:env:)?(?:PWD|CLAUDE_PROJECT_DIR)\}/g, () => folder),
  );
  return { ...inFolder, cwd: isPlaced ? start : resolve(folder, start) };
}

/** Sets `cwd` to the folder in which a command was typed if one of its words is a relative path to a file there. */
export function placedIn(folder: string, entry: JsonObject): { entry: JsonObject; notes: string[] } {
  const { command } = entry;
  if (!Array.isArray(command) || !command.some((word) => isRelative(word, folder))) return { entry, notes: [] };
  return { entry: { ...entry, cwd: folder }, notes: [`starts in ${folder}, where its relative paths lead`] };
}

/** `./x`, or the name of a file that is there, by itself or behind `=`. */
export function isRelative(word: unknown, folder: string): boolean {
  if (typeof word !== 'string') return false;
  const path = word.replace(/^-[^=]*=/, '');
  if (/^\.\.?(?:[\\/]|$)/.test(path)) return true;
  return /^[^\s/\\:@$~-][^\s:@$]*[./\\][^\s:@$]*$/.test(path) && existsSync(resolve(folder, path));
}

/** The entry without empty fields, and without fields that have no effect on its kind of server. */
function tidy(entry: JsonObject, type: 'local' | 'remote'): JsonObject {
  const { type: _, enabled, ...fields } = entry;
  const foreign = type === 'local' ? ['url', 'transport', 'headers', 'oauth'] : ['command', 'environment', 'cwd'];
  const kept = Object.entries(fields).filter(([name, value]) => !foreign.includes(name) && !isEmpty(value));
  return { ...Object.fromEntries(kept), ...(enabled === false && { enabled }) };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/**
 * The variables, each once, that the gateway would miss when it starts this entry, and with `kept` the secrets that are not
 * among these. An empty one counts as not set.
 */
export function unsetVariables(entry: JsonObject, env: Environment, kept?: Environment): readonly string[] {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  const lacking = new Set<string>();
  const secret = (name: string, isOnly: boolean) => {
    if (isOnly && kept && !kept[name]) lacking.add(name);
    return isOnly ? '' : undefined;
  };
  const places = { env: set, home: '', secrets: new EntrySecrets({ folder: '', home: '' }) };
  const { missing } = fillEntry(entry, { ...places, sources: { secret, file: () => '' } }, () => {});
  return [...new Set([...missing, ...lacking])];
}
