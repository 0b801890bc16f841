import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { GatewayConfig } from '../config/load.ts';
import { isOfTheSystem } from '../config/secrets/secrets.ts';
import { entrySecrets, isSecretName, withinText } from '../upstream/entry-secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Words within names of variables that sound like a secret and are none: `GIT_AUTHOR_NAME`, `DESKTOP_SESSION`. */
const SOUNDS_ALIKE = /author(?!i)|session|keyboard/gi;

const known = new WeakMap<GatewayConfig, readonly string[]>();

/**
 * What no server may tell, whoever it belongs to: a local one inherits our whole environment, in which are the secrets of
 * other entries and of the gateway itself. Worked out once for a configuration, when a text is first to be told.
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

/** Variables under names that tell, and passwords within others. */
function inherited(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (isOfTheSystem(name)) return [];
    const isSecret = isSecretName(name.replace(SOUNDS_ALIKE, '')) && !isFile(value);
    return [...(isSecret ? [value] : []), ...withinText(value)];
  });
}

/** Paths and addresses are no secrets, and errors name them: `SSH_AUTH_SOCK`. */
function isFile(value: string): boolean {
  return isAbsolute(value) && existsSync(value);
}
