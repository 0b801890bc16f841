import type { GatewaySettings } from '../../../config/settings.ts';
import type { Logger } from '../../../platform/log.ts';
import { type Admission, mark } from './admission.ts';
import { keyAuthenticator } from './key-authenticator.ts';
import { tokenAuthenticator } from './token-authenticator.ts';

/** Tells who calls by the headers of a request. Made anew when the settings change. */
export interface Authenticator {
  /** Never rejects. */
  authenticate(headers: Pick<Headers, 'get'>): Promise<Admission>;
  /** Whether what was admitted earlier, maybe under other settings, would be now, as the same caller; its expiry aside. */
  stands(credential: string): boolean;
}

export interface AuthenticatorOptions {
  readonly log: Logger;
  /** How long keys that were just fetched are not fetched again for a token of an unknown key, in ms. */
  readonly cooldownMs?: number;
  /** How long keys that could not be fetched are left alone, in ms. */
  readonly pauseMs?: number;
  /** How long the issuer may take for an answer, in ms. */
  readonly timeoutMs?: number;
}

/** The authenticator of the settings; without any, or with strategy `none`, everybody is `anonymous`. */
export function createAuthenticator(auth: GatewaySettings['auth'], options: AuthenticatorOptions): Authenticator {
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
