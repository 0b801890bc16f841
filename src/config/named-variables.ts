import { isJsonObject } from '../core/json.ts';
import { isOfTheSystem, type Secrets } from './secrets/secrets.ts';
import type { RawConfig } from './shapes.ts';
import type { Environment } from './substitute.ts';

/** `${VAR}`, `${env:VAR}`, with or without a default, and `{env:VAR}`; not where they are text. */
const NAMED = /(?<!\$)\$\{(?:env:)?([A-Za-z_]\w*)|(?<!\{)\{env:([^{}\s]+)\}/g;

/** Names of the variables that hold what callers of ours identify themselves by: nothing that we start is to inherit them. */
export function withheldNames({ settings }: RawConfig): readonly string[] {
  return namesIn(isJsonObject(settings.value) ? settings.value.auth : undefined);
}

/** What the variables hold that a file names anywhere, in entries that do not run and in settings too, and its `secrets`. */
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
