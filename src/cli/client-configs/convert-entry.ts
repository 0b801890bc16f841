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

/** Result of `carry`: a server in our native shape, or the reason why it cannot be converted. */
export interface Carried {
  readonly entry?: JsonObject;
  readonly refusal?: string;
  readonly notes: readonly string[];
  readonly rules: readonly ToolRule[];
}

/** Stands for the value of a variable during the check: valid as a text and as an address. */
const ANY_VALUE = 'http://localhost';
/** Stands for the value of a variable within an address: valid as a name, a password, a host and a port. */
const ANY_PART = '1';
/** Stands for secrets and files during the check, which must not read the user's. */
const ANY_SOURCES: Sources = { secret: () => ANY_VALUE, file: () => ANY_VALUE };

/** Converts a client's entry to our native shape, with the same checks as an entry of our configuration. */
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

/**
 * Returns every variable that the entry names with a placeholder that is valid in its position: the check must not
 * depend on the real values or show them.
 */
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
 * Sets `cwd` of a local server to the project's folder, in which the client would start it; the gateway starts in any
 * folder.
 */
function startedIn(folder: string, entry: JsonObject): JsonObject {
  const { command, cwd } = entry;
  if (!Array.isArray(command)) return entry;
  const start = typeof cwd === 'string' && cwd !== '' ? cwd : '.';
  const isPlaced = /^~|^[$%]/.test(start);
  // Both variables name the folder in which the client was started.
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

/**
 * True if a word is a relative path: `./x`, or the name of an existing file in `folder`, alone or behind `--option=`.
 */
export function isRelative(word: unknown, folder: string): boolean {
  if (typeof word !== 'string') return false;
  const path = word.replace(/^-[^=]*=/, '');
  if (/^\.\.?(?:[\\/]|$)/.test(path)) return true;
  return /^[^\s/\\:@$~-][^\s:@$]*[./\\][^\s:@$]*$/.test(path) && existsSync(resolve(folder, path));
}

/** Returns the entry without empty fields and without fields that have no effect on its kind of server. */
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
 * Returns the variables, each once, that are not set in `env` when the gateway starts this entry; an empty one counts
 * as not set. With `kept`, also the names behind `{secret:NAME}` that `kept` lacks.
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
