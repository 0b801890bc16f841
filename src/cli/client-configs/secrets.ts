import { type Environment, substituteAll } from '../../config/substitute.ts';
import { escapeRegExp } from '../../core/glob.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { HeldText, inSubstitution, withoutMarks } from './held-text.ts';
import { commandWithout, headerWithout, valueWithout } from './secret-commands.ts';
import { type Blank, textWithout } from './secret-texts.ts';
import { variableName } from './translate.ts';

/** True if a value under that name seems to hold a secret; false for a value that consists of references. */
export function looksSecret(name: string, value: string): boolean {
  return valueWithout(name, value, () => '\u0000') !== value;
}

/** Returns a native entry with references in place of all values and parts of values that look like secrets. */
export function withoutSecrets(key: string, entry: JsonObject, names: SecretNames): JsonObject {
  const without = withoutNamed(key, entry, names);
  return withoutRepeated(without, names.in(JSON.stringify(without)), names);
}

function withoutNamed(key: string, entry: JsonObject, names: SecretNames): JsonObject {
  const { environment, headers, command, url, oauth, description, cwd, proxy } = entry;
  const own = (name: string) => variableName(`${key} ${name}`);
  const blank: Blank = (name, value) => names.refer(withoutMarks(value), own(name), own(name));
  return {
    ...entry,
    ...(isJsonObject(environment) && {
      environment: mapValues(environment, (name, value) =>
        valueWithout(name, value, (inner, secret) =>
          inner === name ? names.refer(withoutMarks(secret), nameOf(name), own(name)) : blank(inner, secret),
        ),
      ),
    }),
    ...(isJsonObject(headers) && { headers: mapValues(headers, (name, value) => headerWithout(name, value, blank)) }),
    ...(Array.isArray(command) && { command: commandWithout(command, blank) }),
    ...(typeof url === 'string' && { url: textWithout(url, blank) }),
    ...(typeof proxy === 'string' && { proxy: textWithout(proxy, blank) }),
    ...(typeof cwd === 'string' && { cwd: textWithout(cwd, blank, { entropy: false }) }),
    ...(isJsonObject(oauth) && {
      oauth: mapValues(oauth, (name, value) =>
        name === 'clientSecret' ? secretWithout(value, blank) : textWithout(value, blank, { entropy: false }),
      ),
    }),
    // The gateway fills in no references in a description, so an ellipsis replaces the secret.
    ...(typeof description === 'string' && { description: textWithout(description, () => '…', { entropy: false }) }),
  };
}

/**
 * Least length, in characters, of a secret that is also replaced in other fields: a shorter value may be an ordinary
 * word there.
 */
const LEAST_REPEATED = 6;

/** Fields in whose texts the gateway fills in references. */
const FILLED_IN = ['environment', 'headers', 'command', 'url', 'cwd', 'oauth', 'proxy'];

/** Replaces a secret found in one field of an entry in all other fields too, as a whole value or as a part of one. */
function withoutRepeated(entry: JsonObject, values: ReadonlyMap<string, string>, names: SecretNames): JsonObject {
  const long = [...values].filter(([, value]) => value.length >= LEAST_REPEATED);
  if (long.length === 0) return entry;
  const replaced = (text: string, reference: (name: string) => string): string => {
    const held = new HeldText(text, (each) => inSubstitution(each, (script) => replaced(script, reference)) ?? each);
    const rest = long.reduce((left, [name, value]) => {
      if (left === value) return held.hold(reference(name));
      return isDistinct(value) ? left.replace(apart(value), () => held.hold(reference(name))) : left;
    }, held.text);
    return held.released(rest);
  };
  const parts = Object.entries(entry).map(([field, part]) => {
    if (field === 'description') return [field, substituteAll(part, (text) => replaced(text, () => '…'))];
    if (!FILLED_IN.includes(field)) return [field, part];
    const isProgram = ([index]: (string | number)[]) => field === 'command' && index === 0;
    const filled = (text: string, path: (string | number)[]) =>
      isProgram(path) ? text : replaced(text, (name) => names.reference(name));
    return [field, substituteAll(part, filled)];
  });
  return Object.fromEntries(parts);
}

/** True if a value can hardly be an ordinary word; `withoutRepeated` then also replaces it within longer values. */
function isDistinct(value: string): boolean {
  return value.length >= 10 || (value.length >= 8 && /\d/.test(value));
}

/** Matches the value where no letter or digit adjoins it. */
function apart(value: string): RegExp {
  return new RegExp(`(?<![A-Za-z\\d])${escapeRegExp(value)}(?![A-Za-z\\d])`, 'g');
}

/** Replaces a whole client secret, even one that looks like an ordinary word, unless it holds a reference. */
function secretWithout(value: string, blank: Blank): string {
  return /\$\{|\{(?:env|secret|file):/.test(value) || value === '' ? value : blank('clientSecret', value);
}

/** Returns the variable's own name if a reference can hold it, else a name derived from it. */
function nameOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : variableName(name);
}

function mapValues(map: JsonObject, change: (name: string, value: string) => string): JsonObject {
  const fields = Object.entries(map).map(([name, value]) => [
    name,
    typeof value === 'string' ? change(name, value) : value,
  ]);
  return Object.fromEntries(fields);
}

/**
 * Place where secret values are stored: our file of secrets, or the environment of the program that starts the gateway.
 */
export type Keeping = 'secrets' | 'environment';

/** Assigns names to secret values; each name has one value. */
export class SecretNames {
  readonly #taken: Environment;
  readonly #keeping: Keeping;
  readonly #values = new Map<string, string>();

  /** `taken`: the names and values that the place `keeping` already holds. */
  constructor(taken: Environment, keeping: Keeping = 'environment') {
    this.#taken = taken;
    this.#keeping = keeping;
  }

  /**
   * Returns a reference to the value, by `name`, or `otherwise`, or `otherwise` with a number: the first that is free
   * or already has this value.
   */
  refer(value: string, name: string, otherwise: string): string {
    let chosen = this.#isFree(name, value) ? name : otherwise;
    for (let count = 2; !this.#isFree(chosen, value); count++) chosen = `${otherwise}_${count}`;
    this.#values.set(chosen, value);
    return this.reference(chosen);
  }

  /** Returns every value that has a name. */
  values(): readonly string[] {
    return [...this.#values.values()];
  }

  /** Returns the values that a text refers to, by name. */
  in(text: string): ReadonlyMap<string, string> {
    return new Map([...this.#values].filter(([name]) => text.includes(this.reference(name))));
  }

  /** Assigns a value to a name that our file already refers to. Returns false if the name has another value. */
  take(name: string, value: string): boolean {
    if (!this.#isFree(name, value)) return false;
    this.#values.set(name, value);
    return true;
  }

  /**
   * Returns the reference to a name. For a stored value it is `{secret:NAME}`, because `${NAME}` would read the
   * environment of a later start first.
   */
  reference(name: string): string {
    return this.#keeping === 'secrets' ? `{secret:${name}}` : `\${${name}}`;
  }

  #isFree(name: string, value: string): boolean {
    const taken = this.#values.get(name) ?? (this.#taken[name] || value);
    return taken === value;
  }
}
