import { isAbsolute, resolve } from 'node:path';
import { checkEntry } from '../config/check.ts';
import { readShape } from '../config/formats.ts';
import { type Sources, substitute } from '../config/substitute.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientHome } from './client.ts';
import type { FoundServer } from './found-servers.ts';

/** A server in our native shape, or why it cannot be one. */
export interface Carried {
  readonly entry?: JsonObject;
  readonly refusal?: string;
  readonly notes: readonly string[];
}

/** Fits everywhere. */
const ANY_VALUE = 'http://localhost';
/** Theirs are not to be read. */
const ANY_SOURCES: Sources = { secret: () => ANY_VALUE, file: () => ANY_VALUE };

/** A client's entry as ours, checked as a configuration is. */
export function carry({ client, place, key, entry: written }: FoundServer, home: ClientHome): Carried {
  const { entry, notes, refusal } = client.translate(written, { place, home });
  if (refusal !== undefined) return { refusal, notes };
  const [raw] = readShape({ mcpServers: { [key]: entry } }).entries;
  if (raw?.value === undefined) return { refusal: raw?.findings[0]?.text ?? 'no server', notes };
  const surroundings = { folder: home.cwd, home: home.home, env: anyValues(entry), sources: ANY_SOURCES };
  const { findings, value } = checkEntry(raw, surroundings);
  const mistakes = findings.filter(({ severity }) => severity === 'error').map(({ text }) => text);
  if (value === undefined) return { refusal: mistakes.join('; '), notes };
  const placed = place.scope === 'user' ? { entry: raw.value, notes: [] } : placedIn(home.cwd, raw.value);
  return { entry: tidy(placed.entry, value.type), notes: [...notes, ...placed.notes] };
}

/** Every variable that the entry names, with a value that fits everywhere: theirs are not known, or not to be shown. */
export function anyValues(entry: JsonObject): Record<string, string> {
  const { missing, unset } = substitute(JSON.stringify(entry), {});
  return Object.fromEntries([...missing, ...unset].map((name) => [name, ANY_VALUE]));
}

/** A project's client starts its servers in the project; the gateway may be started anywhere. */
export function placedIn(folder: string, entry: JsonObject): { entry: JsonObject; notes: string[] } {
  const { command, cwd } = entry;
  if (!Array.isArray(command)) return { entry, notes: [] };
  if (typeof cwd === 'string')
    return { entry: { ...entry, cwd: /^~|\$/.test(cwd) ? cwd : resolve(folder, cwd) }, notes: [] };
  const isRelative = command.some(
    (word) => typeof word === 'string' && /^\.\.?(?:[\\/]|$)/.test(word) && !isAbsolute(word),
  );
  if (!isRelative) return { entry, notes: [] };
  return { entry: { ...entry, cwd: folder }, notes: [`starts in ${folder}, where its relative paths lead`] };
}

/** Without what says nothing, and without what has no effect on its kind of server. */
function tidy(entry: JsonObject, type: 'local' | 'remote'): JsonObject {
  const { type: _, enabled, ...fields } = entry;
  const foreign = type === 'local' ? ['url', 'transport', 'headers', 'oauth'] : ['command', 'environment', 'cwd'];
  const kept = Object.entries(fields).filter(([name, value]) => !foreign.includes(name) && !isEmpty(value));
  return { ...Object.fromEntries(kept), ...(enabled === false && { enabled }) };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
