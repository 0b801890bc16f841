import { createHmac, randomBytes } from 'node:crypto';
import type { Caller } from '../../../core/call.ts';
import type { Logger } from '../../../platform/log.ts';

/** Every way in which credentials are refused: status and a sentence for the client, in which nothing of theirs stands. */
const REFUSALS = {
  missing_key: [401, 'an API key is needed: send it as Authorization: Bearer or as X-API-Key'],
  missing_token: [401, 'an access token is needed: send it as Authorization: Bearer'],
  malformed_header: [401, 'after Bearer the Authorization header has one word without blanks'],
  conflicting_keys: [401, 'Authorization and X-API-Key hold different keys: send one'],
  unknown_key: [401, 'the API key is not known here, or not any more'],
  malformed_token: [401, 'the access token is not a signed JWT that can be read'],
  wrong_algorithm: [401, 'the access token is signed by an algorithm that is not accepted here'],
  unknown_signing_key: [401, 'the access token is signed by a key that its issuer does not publish'],
  bad_signature: [401, 'the signature of the access token is wrong'],
  expired: [401, 'the access token has expired'],
  not_yet_valid: [401, 'the access token is not valid yet'],
  no_expiry: [401, 'the access token has no time of expiry'],
  wrong_issuer: [401, 'the access token is from another issuer'],
  wrong_audience: [401, 'the access token was made for another audience'],
  no_subject: [
    401,
    'the access token names nobody in sub (else client_id or azp): a text of 1 to 255 characters, all of them visible, or blanks between',
  ],
  keys_unavailable: [503, 'the keys that sign access tokens cannot be fetched now: try again later'],
  auth_misconfigured: [
    503,
    'the auth settings of this gateway are wrong, so nobody is admitted; its log has the cause',
  ],
} as const satisfies Record<string, readonly [401 | 503, string]>;

/** A closed set, fit for the label of a metric. */
export type RefusalReason = keyof typeof REFUSALS;

/** Somebody who may come in. */
export interface Admitted {
  readonly caller: Caller;
  /** When the credential ends, clock skew included, in epoch ms; absent: never. */
  readonly expiresAt?: number;
  /** Stands for the credential and what is said of it, within this process; never tells the secret. */
  readonly credential: string;
}

/** Somebody who may not, and why; `description` is safe to show to anybody. */
export interface Refusal {
  /** 503: it cannot be told now. */
  readonly refused: 401 | 503;
  readonly reason: RefusalReason;
  readonly description: string;
}

export type Admission = Admitted | Refusal;

/** Finds out the caller of a request by its headers. Created anew when the settings change. */
export interface Authenticator {
  /** Never rejects. */
  authenticate(headers: Pick<Headers, 'get'>): Promise<Admission>;
  /** Whether a credential that was admitted earlier, maybe under other settings, would be now, as the same caller; its expiry aside. */
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

/** The refusal for a reason. */
export function refuse(reason: RefusalReason): Refusal {
  const [refused, description] = REFUSALS[reason];
  return { refused, reason, description };
}

// A key that somebody made up is short enough to be found from its bare hash.
const PEPPER = randomBytes(32);

/** A mark that two equal values share and that tells neither; means something within this process alone. */
export function mark(value: unknown): string {
  return createHmac('sha256', PEPPER).update(JSON.stringify(value)).digest('base64url');
}

/** What follows `Bearer` in `Authorization`: one word, or null when it is not one; undefined where there is no such header. */
export function bearerOf(headers: Pick<Headers, 'get'>): string | null | undefined {
  const [scheme, ...words] = (headers.get('authorization') ?? '').trim().split(/[ \t]+/);
  if (scheme?.toLowerCase() !== 'bearer') return undefined;
  const [word] = words;
  return words.length === 1 && word !== undefined && !word.includes(',') ? word : null;
}
