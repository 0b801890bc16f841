import { substituteAll } from '../../config/substitute.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { HeldText, inSubstitution, withoutMarks } from './held-text.ts';
import { commandWithout, headerWithout, valueWithout } from './secret-commands.ts';
import type { SecretNames } from './secret-names.ts';
import { type Blank, textWithout } from './secret-texts.ts';
import { variableName } from './translate.ts';

/** Whether a value under that name holds what looks like a secret; one that only names variables does not. */
export function looksSecret(name: string, value: string): boolean {
  return valueWithout(name, value, () => '\u0000') !== value;
}

/** A native entry with references in place of what looks like a secret, wherever it stands. */
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
    // Nothing fills in a description.
    ...(typeof description === 'string' && { description: textWithout(description, () => '…', { entropy: false }) }),
  };
}

/** Shorter values stay where they stand under another name: words that are something else there. */
const LEAST_REPEATED = 6;

/** Fields whose texts may refer to something. */
const FILLED_IN = ['environment', 'headers', 'command', 'url', 'cwd', 'oauth', 'proxy'];

/** What is a secret in one place of an entry is the same one in all others, in whole or within another value. */
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

/** Whether a value can hardly be a word that means something else: then it is found within others. */
function isDistinct(value: string): boolean {
  return value.length >= 10 || (value.length >= 8 && /\d/.test(value));
}

/** The value where it is not a part of a longer word. */
function apart(value: string): RegExp {
  return new RegExp(`(?<![A-Za-z\\d])${value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![A-Za-z\\d])`, 'g');
}

/** Whatever it looks like. */
function secretWithout(value: string, blank: Blank): string {
  return /\$\{|\{(?:env|secret|file):/.test(value) || value === '' ? value : blank('clientSecret', value);
}

/** A variable keeps its name where a reference can have it. */
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
