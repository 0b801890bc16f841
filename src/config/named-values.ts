import type { RawConfig } from './formats.ts';
import type { Secrets } from './secrets.ts';
import { isOfTheSystem } from './secrets.ts';
import type { Environment } from './substitute.ts';

/** `${VAR}`, `${env:VAR}`, with or without a default, and `{env:VAR}`; not where they are text. */
const NAMED = /(?<!\$)\$\{(?:env:)?([A-Za-z_]\w*)|(?<!\{)\{env:([^{}\s]+)\}/g;

/** What the variables hold that a file names anywhere, in entries that do not run and in settings too, and its `secrets`. */
export function namedValues({ entries, settings }: RawConfig, env: Environment, secrets: Secrets): readonly string[] {
  const written = JSON.stringify([entries.map(({ value }) => value), settings.value]);
  const names = [...written.matchAll(NAMED)].flatMap(([, plain, braced]) => plain ?? braced ?? []);
  const variables = names.filter((name) => Object.hasOwn(env, name) && !isOfTheSystem(name)).map((name) => env[name]);
  return [...variables, ...Object.values(secrets.values)].filter((value) => value !== undefined);
}
