import { existsSync } from 'node:fs';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { homeIn, leftToScript, scriptKind } from './command-words.ts';
import { describeFound, type KeyPath } from './diagnostic.ts';
import type { EntrySecrets, Sources } from './secrets/secrets.ts';
import { type Environment, type Lookup, type Reference, substitute, substituteAll } from './substitute.ts';

export type Report = (severity: 'error' | 'warning', path: KeyPath, text: string) => void;

/** Fields of an entry in which variables are filled in, and which may hold secrets. */
const SUBSTITUTED = ['command', 'cwd', 'url', 'headers', 'proxy', 'oauth'];

interface Filled {
  readonly value: JsonObject;
  /** Variables with the value null, which are not inherited. */
  readonly unset: readonly string[];
  /** Variables that its texts name without a default and that are not set, each once. */
  readonly missing: readonly string[];
}

interface Places {
  readonly env: Environment;
  readonly home: string;
  readonly secrets: EntrySecrets;
  readonly sources?: Sources | undefined;
}

/** True if a field may hold a secret, so that messages do not repeat its value. */
export function mayHoldSecret(field: string): boolean {
  return field === 'environment' || SUBSTITUTED.includes(field);
}

/**
 * Returns an entry with its variables filled in, from its own `environment` before the gateway's, and with `~` expanded
 * in its command.
 */
export function fillEntry(entry: JsonObject, { env, home, secrets, sources = secrets }: Places, at: Report): Filled {
  const warned = new Set<string>();
  const lacking = new Set<string>();
  const fill = (text: string, path: KeyPath, lookup: Lookup, isLeft?: (reference: Reference) => boolean): string => {
    const filled = substitute(text, lookup, sources, isLeft);
    for (const name of [...filled.missing, ...filled.unset]) lacking.add(name);
    for (const fault of secrets.faults.splice(0)) at('error', path, fault);
    for (const name of filled.missing) at('error', path, missing(name, path, entry, secrets.aside()));
    for (const name of filled.unset) if (!warned.has(name)) at('warning', path, unsetVariable(name, secrets.aside()));
    for (const name of filled.unset) warned.add(name);
    return filled.text;
  };
  const { environment, ...others } = entry;
  const own = ownEnvironment(environment, env, (text, name, lookup) => fill(text, ['environment', name], lookup));
  const known = {
    isSet: (name: string) => own.lookup(name) !== undefined,
    isSecret: (name: string) => sources.secret(name, false) !== undefined,
    isFile: (path: string) => secrets.isFile(substitute(path, own.lookup).text),
  };
  const words = Array.isArray(others.command) ? commandWords(others.command, home, at) : [];
  const fillField = (field: string, raw: unknown) =>
    substituteAll(raw, (text, path) => {
      const kind = field === 'command' ? scriptKind(words, Number(path[0])) : undefined;
      return fill(text, [field, ...path], own.lookup, kind && leftToScript(kind, text, known));
    });
  const fields = Object.entries({ ...others, ...(words.length > 0 && { command: words }) }).map(([field, raw]) => [
    field,
    SUBSTITUTED.includes(field) ? fillField(field, raw) : raw,
  ]);
  // A remote entry has no process that inherits variables: they only serve the texts that name them.
  const isUsedUp = environment === undefined || (others.url !== undefined && own.used.size > 0);
  const variables = isUsedUp ? {} : { environment: isJsonObject(environment) ? own.values : environment };
  return { value: { ...Object.fromEntries(fields), ...variables }, unset: own.unset, missing: [...lacking] };
}

/** Turns numbers and booleans into texts, and expands `~` as a shell does it. */
function commandWords(command: readonly unknown[], home: string, at: Report): unknown[] {
  return command.map((written, index) => {
    const found = homeIn(command, index, home);
    if (found?.path !== undefined && index > 0 && !existsSync(found.path))
      at('warning', ['command', index], nothingThere(written, found.path));
    return found?.word ?? (isScalar(written) ? String(written) : written);
  });
}

function nothingThere(written: unknown, path: string): string {
  return `found ${describeFound(written)}, taken for ${path}, where there is nothing yet`;
}

export function missingVariable(name: string, aside = ''): string {
  const cure = `set it, or write \${${name}:-default}, or $\${${name}} for the text as it stands`;
  return `found \${${name}} but the variable ${name} is not set${aside}, expected a value; ${cure}`;
}

function missing(name: string, [field, variable]: KeyPath, { environment }: JsonObject, aside: string): string {
  const isOwn = field === 'environment' && isJsonObject(environment) && Object.hasOwn(environment, name);
  if (!isOwn || environment[name] === null) return missingVariable(name, aside);
  return `found \${${name}}, which is made of ${variable === name ? 'itself' : `${variable} in turn`}, and there is no other ${name}, expected a value`;
}

function unsetVariable(name: string, aside = ''): string {
  return `the variable ${name} is not set${aside}, an empty string takes its place`;
}

/** The filled-in variables of an entry, and the lookup for its other texts, which searches these first. */
interface OwnEnvironment {
  readonly values: Readonly<Record<string, unknown>>;
  /** Variables with the value null, which are not inherited. */
  readonly unset: readonly string[];
  /** Names of the entry's own variables that its texts have used. */
  readonly used: ReadonlySet<string>;
  readonly lookup: Lookup;
}

/**
 * Fills in the variables of an entry from each other and from `outer`. Within its own value, also indirectly, a name
 * means the outer variable: `PATH` may be `${PATH}:/more`.
 */
function ownEnvironment(
  written: unknown,
  outer: Environment,
  fill: (text: string, name: string, lookup: Lookup) => string,
): OwnEnvironment {
  const own = new Map(isJsonObject(written) ? Object.entries(written) : []);
  const unset = [...own].flatMap(([name, value]) => (value === null ? [name] : []));
  const done = new Map<string, unknown>();
  const used = new Set<string>();
  const outside: Lookup = (name) => (Object.hasOwn(outer, name) ? outer[name] : undefined);
  const filled = (name: string, within: readonly string[]): unknown => {
    if (!done.has(name)) {
      const value = own.get(name);
      const lookup: Lookup = (other) => textOf(other, [...within, name]);
      done.set(name, typeof value === 'string' ? fill(value, name, lookup) : value);
    }
    return done.get(name);
  };
  const textOf = (name: string, within: readonly string[]): string | undefined => {
    if (!own.has(name) || within.includes(name)) return outside(name);
    used.add(name);
    const value = filled(name, within);
    return isScalar(value) ? String(value) : undefined;
  };
  const values = [...own].filter(([, value]) => value !== null).map(([name]) => [name, filled(name, [])]);
  used.clear();
  return { values: Object.fromEntries(values), unset, used, lookup: (name) => textOf(name, []) };
}

/** True for a value that can stand for a variable or an argument. */
function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
