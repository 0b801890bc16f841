import { isJsonObject } from '../core/json.ts';
import { isOfTheSystem, type Secrets } from './secrets/secrets.ts';
import type { RawConfig } from './shapes.ts';
import type { Environment } from './substitute.ts';

/** References: `${VAR}` and `${env:VAR}`, with or without a default, and `{env:VAR}`; not their escaped forms. */
const NAMED = /(?<!\$)\$\{(?:env:)?([A-Za-z_]\w*)|(?<!\{)\{env:([^{}\s]+)\}/g;

/**
 * Returns the names of the variables in `auth`. They hold the keys of our callers, so no process that we start inherits
 * them.
 */
export function withheldNames({ settings }: RawConfig): readonly string[] {
  return namesIn(isJsonObject(settings.value) ? settings.value.auth : undefined);
}

/**
 * Returns the values of all variables that a file names, also in disabled entries and in settings, and its `secrets`.
 */
export function namedValues({ entries, settings }: RawConfig, env: Environment, secrets: Secrets): readonly string[] {
  const names = namesIn([entries.map(({ value }) => value), settings.value]);
  const variables = names.filter((name) => Object.hasOwn(env, name)).map((name) => env[name]);
  return [...variables, ...Object.values(secrets.values)].filter((value) => value !== undefined);
}

function namesIn(value: unknown): string[] {
  const found = [...(JSON.stringify(value) ?? '').matchAll(NAMED)].flatMap(
    ([, plain, braced]) => plain ?? braced ?? [],
  );
  return found.filter((name) => !isOfTheSystem(name));
}
