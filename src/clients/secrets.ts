import { isJsonObject, type JsonObject } from '../core/json.ts';
import { commandWithout, valueWithout } from './secret-commands.ts';
import type { SecretNames } from './secret-names.ts';
import { type Blank, textWithout } from './secret-texts.ts';
import { variableName } from './translate.ts';

/** Whether a value under that name holds what looks like a secret; one that only names variables does not. */
export function looksSecret(name: string, value: string): boolean {
  return valueWithout(name, value, () => '\u0000') !== value;
}

/** A native entry with variables in place of what looks like a secret, wherever it stands. */
export function withoutSecrets(key: string, entry: JsonObject, names: SecretNames): JsonObject {
  const { environment, headers, command, url, oauth, description, cwd } = entry;
  const own = (name: string) => variableName(`${key} ${name}`);
  const blank: Blank = (name, value) => names.refer(value, own(name), own(name));
  return {
    ...entry,
    ...(isJsonObject(environment) && {
      environment: mapValues(environment, (name, value) =>
        valueWithout(name, value, (inner, secret) =>
          inner === name ? names.refer(secret, nameOf(name), own(name)) : blank(inner, secret),
        ),
      ),
    }),
    ...(isJsonObject(headers) && { headers: mapValues(headers, (name, value) => valueWithout(name, value, blank)) }),
    ...(Array.isArray(command) && { command: commandWithout(command, blank) }),
    ...(typeof url === 'string' && { url: textWithout(url, blank) }),
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
