import { createHash, timingSafeEqual } from 'node:crypto';
import { type ApiKey, hashOfKey, idOfKey } from '../../../config/auth.ts';
import type { LiveSettings } from '../../../config/settings.ts';
import type { Caller } from '../../../core/call.ts';
import {
  type Admission,
  type Admitted,
  type Authenticator,
  type AuthenticatorOptions,
  bearerOf,
  mark,
  refuse,
} from './admission.ts';
import { tokenAuthenticator } from './token-authenticator.ts';

/** The authenticator for `auth`. Without `auth`, or with strategy `none`, every caller is `anonymous`. */
export function createAuthenticator(auth: LiveSettings['auth'], options: AuthenticatorOptions): Authenticator {
  if (auth?.strategy === 'api-key') return keyAuthenticator(auth.apiKeys);
  if (auth?.strategy === 'jwt') return tokenAuthenticator(auth.jwt, options);
  return anybody();
}

function anybody(): Authenticator {
  const admitted = { caller: { id: 'anonymous', roles: [] }, credential: mark('anonymous') };
  return {
    authenticate: async () => admitted,
    stands: (credential) => credential === admitted.credential,
  };
}

interface KnownKey {
  readonly digest: Buffer;
  readonly admitted: Admitted;
}

/** Admits requests with one of the keys. An empty list means that `auth` was wrong: then it refuses every request. */
function keyAuthenticator(apiKeys: readonly ApiKey[]): Authenticator {
  const keys = apiKeys.map(toKnown);
  const credentials = new Set(keys.map(({ admitted }) => admitted.credential));
  return {
    authenticate: async (headers) => (keys.length === 0 ? refuse('auth_misconfigured') : admit(keys, headers)),
    stands: (credential) => credentials.has(credential),
  };
}

function toKnown(key: ApiKey): KnownKey {
  const hash = hashOfKey(key);
  const { roles = [], tags } = typeof key === 'string' ? {} : key;
  const caller: Caller = { id: idOfKey(key), roles, ...(tags && { tags }) };
  return { digest: Buffer.from(hash, 'hex'), admitted: { caller, credential: mark([hash, caller]) } };
}

function admit(keys: readonly KnownKey[], headers: Pick<Headers, 'get'>): Admission {
  const bearer = bearerOf(headers);
  if (bearer === null) return refuse('malformed_header');
  const apiKey = headers.get('x-api-key')?.trim() || undefined;
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) return refuse('conflicting_keys');
  const key = bearer ?? apiKey;
  if (key === undefined) return refuse('missing_key');
  return find(keys, createHash('sha256').update(key).digest())?.admitted ?? refuse('unknown_key');
}

/** Compares with every key, so that the time does not depend on which one fits. */
function find(keys: readonly KnownKey[], digest: Buffer): KnownKey | undefined {
  let found: KnownKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}
