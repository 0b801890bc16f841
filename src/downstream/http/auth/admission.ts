import { createHmac, randomBytes } from 'node:crypto';
import type { Caller } from '../../../core/call.ts';
import type { Logger } from '../../../platform/log.ts';

/** Status and sentence for each reason to refuse credentials. No sentence repeats anything of the credentials. */
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

/** Closed set of reasons: also the values of a metric's label. */
export type RefusalReason = keyof typeof REFUSALS;

/** The caller of an admitted request. */
export interface Admitted {
  readonly caller: Caller;
  /** Epoch ms at which the credential expires, clock skew included; absent: never. */
  readonly expiresAt?: number;
  /** Mark of the credential and of the caller it stands for, valid in this process; does not reveal the secret. */
  readonly credential: string;
}

/** A refused request. `description` may be shown to anybody. */
export interface Refusal {
  /** 503: the credentials cannot be checked now. */
  readonly refused: 401 | 503;
  readonly reason: RefusalReason;
  readonly description: string;
}

export type Admission = Admitted | Refusal;

/** Finds out the caller of a request by its headers. `RequestGuard` makes a new one when the settings change. */
export interface Authenticator {
  /** Never rejects. */
  authenticate(headers: Pick<Headers, 'get'>): Promise<Admission>;
  /**
   * True if a credential that was admitted earlier, maybe under other settings, would be admitted now as the same caller.
   * Its expiry is not checked.
   */
  stands(credential: string): boolean;
}

export interface AuthenticatorOptions {
  readonly log: Logger;
  /** Time in ms after a fetch of the keys during which a token with an unknown key does not cause another fetch. */
  readonly cooldownMs?: number;
  /** Time in ms between a failed fetch of the keys and the next one. */
  readonly pauseMs?: number;
  /** Longest wait for an answer of the issuer, in ms. */
  readonly timeoutMs?: number;
}

/** The refusal for a reason. */
export function refuse(reason: RefusalReason): Refusal {
  const [refused, description] = REFUSALS[reason];
  return { refused, reason, description };
}

// A key that a person made up can be short enough to be found from a plain hash.
const PEPPER = randomBytes(32);

/** Equal values have equal marks. A mark does not reveal its value, and is valid in this process only. */
export function mark(value: unknown): string {
  return createHmac('sha256', PEPPER).update(JSON.stringify(value)).digest('base64url');
}

/** The credential after `Bearer` in `Authorization`; null if it is not one word, undefined if there is no such header. */
export function bearerOf(headers: Pick<Headers, 'get'>): string | null | undefined {
  const [scheme, ...words] = (headers.get('authorization') ?? '').trim().split(/[ \t]+/);
  if (scheme?.toLowerCase() !== 'bearer') return undefined;
  const [word] = words;
  return words.length === 1 && word !== undefined && !word.includes(',') ? word : null;
}
