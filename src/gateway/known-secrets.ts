import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { GatewayConfig } from '../config/load.ts';
import { isOfTheSystem } from '../config/secrets/secrets.ts';
import { entrySecrets, isSecretName, withinText } from '../upstream/entry-secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Parts of variable names that look like a word for a secret and are none: `GIT_AUTHOR_NAME`, `DESKTOP_SESSION`. */
const SOUNDS_ALIKE = /author(?!i)|session|keyboard/gi;

const known = new WeakMap<GatewayConfig, readonly string[]>();

/**
 * Returns the secrets that no text of any server may show: a local server inherits the gateway's whole environment,
 * which has the secrets of other entries and of the gateway itself. They are computed once for a configuration, before
 * its first text is shown.
 */
export function knownSecrets(config: GatewayConfig, env: Environment = process.env): readonly string[] {
  const secrets = known.get(config) ?? [...new Set([...configured(config), ...inherited(env)])];
  known.set(config, secrets);
  return secrets;
}

function configured({ servers, settings, named }: GatewayConfig): readonly string[] {
  const { apiKey = '', headers = {} } = settings.search.embeddings ?? {};
  const filledIn = [...servers.flatMap((server) => server.filledIn ?? []), ...(named?.() ?? [])];
  const told = filledIn.filter((value) => !isFile(value));
  const ours = [...callersKeys(settings.auth), apiKey, ...Object.values(headers)];
  return [...servers.flatMap(entrySecrets), ...told, ...told.flatMap(withinText), ...ours];
}

function callersKeys(auth: GatewayConfig['settings']['auth']): readonly string[] {
  if (auth?.strategy === 'jwt') return [auth.jwt.secret ?? ''];
  if (auth?.strategy !== 'api-key') return [];
  return auth.apiKeys.map((key) => (typeof key === 'string' ? key : (key.key ?? '')));
}

/** Returns the values of variables whose names tell of a secret, and the passwords within others. */
function inherited(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (isOfTheSystem(name)) return [];
    const isSecret = isSecretName(name.replace(SOUNDS_ALIKE, '')) && !isFile(value);
    return [...(isSecret ? [value] : []), ...withinText(value)];
  });
}

/** True for the path of an existing file: it is no secret, and errors name it, for example `SSH_AUTH_SOCK`. */
function isFile(value: string): boolean {
  return isAbsolute(value) && existsSync(value);
}
