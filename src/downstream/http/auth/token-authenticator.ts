import {
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { algorithmsOf, type JwtSettings } from '../../../config/auth.ts';
import type { Caller } from '../../../core/call.ts';
import { isJsonObject } from '../../../core/json.ts';
import {
  type Admission,
  type Authenticator,
  type AuthenticatorOptions,
  bearerOf,
  mark,
  type RefusalReason,
  refuse,
} from './admission.ts';
import { SigningKeys, variants } from './signing-keys.ts';

/** Admits whoever has a JWT that the settings accept. */
export function tokenAuthenticator(jwt: JwtSettings, options: AuthenticatorOptions): Authenticator {
  const { clockSkewSeconds, ...decisive } = jwt;
  const settings = mark(decisive);
  const keyOf = keySource(jwt, options);
  const expected: JWTVerifyOptions = {
    algorithms: [...algorithmsOf(jwt)],
    clockTolerance: clockSkewSeconds,
    requiredClaims: ['exp'],
    ...(jwt.issuer !== undefined && { issuer: variants(jwt.issuer) }),
    ...(jwt.audience !== undefined && { audience: variants(jwt.audience) }),
  };
  const admit = (token: string, payload: JWTPayload): Admission => {
    const caller = callerOf(payload, jwt);
    if (!caller) return refuse('no_subject');
    const expiresAt = ((payload.exp ?? 0) + clockSkewSeconds) * 1000;
    return { caller, expiresAt, credential: `${settings}.${mark(token)}` };
  };
  return {
    authenticate: async (headers) => {
      const token = bearerOf(headers);
      if (token === null) return refuse('malformed_header');
      if (token === undefined) return refuse('missing_token');
      const verified = await verify(token, keyOf, expected);
      return typeof verified === 'string' ? refuse(verified) : admit(token, verified.payload);
    },
    stands: (credential) => credential.startsWith(`${settings}.`),
  };
}

function keySource({ secret, jwksUrl, issuer }: JwtSettings, options: AuthenticatorOptions): JWTVerifyGetKey {
  if (secret !== undefined) {
    const bytes = new TextEncoder().encode(secret);
    return async () => bytes;
  }
  const keys = new SigningKeys({ jwksUrl, issuer, ...options });
  return (header, token) => keys.keyFor(header, token);
}

/** What the token says, or why it is not believed. */
async function verify(
  token: string,
  keyOf: JWTVerifyGetKey,
  expected: JWTVerifyOptions,
): Promise<JWTVerifyResult | RefusalReason> {
  try {
    return await verifyByAny(token, keyOf, expected);
  } catch (error) {
    return reasonOf(error);
  }
}

/** A token need not name its key: then every key that fits is tried. */
async function verifyByAny(
  token: string,
  keyOf: JWTVerifyGetKey,
  expected: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keyOf, expected);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const verified = await jwtVerify(token, key, expected).catch(unlessWrongKey);
      if (verified) return verified;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function unlessWrongKey(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
}

const BY_CODE: Readonly<Record<string, RefusalReason>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: 'wrong_algorithm',
  ERR_JOSE_NOT_SUPPORTED: 'malformed_token',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown_signing_key',
  ERR_JWS_INVALID: 'malformed_token',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad_signature',
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWT_INVALID: 'malformed_token',
};

const BY_CLAIM: Readonly<Record<string, RefusalReason>> = {
  exp: 'no_expiry',
  nbf: 'not_yet_valid',
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
};

/** What is no fault of the token is one of its issuer's keys: unreachable, or of no use. */
function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'malformed_token';
  if (error instanceof errors.JOSEError) return BY_CODE[error.code] ?? 'keys_unavailable';
  return 'keys_unavailable';
}

const MAX_ID_CHARS = 255;
/** Control characters, ends of lines, halves of characters: nothing that a name has. */
const NO_NAME = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** What is not seen, or turns what is: with it one caller would read as another in the request log. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800]|(?! )\p{Zs}|^ | $/u;

/**
 * Who a token is about: the person that `sub` names, else the client it was given to; undefined where it does not say, or not in
 * a way that can be used: somebody else must not be taken for them. Ids tell people from clients, and where tokens of
 * any issuer are taken the issuers too, each of which knows an `ada` of its own.
 */
export function callerOf(
  claims: JWTPayload,
  { issuer, rolesClaim = 'roles' }: Pick<JwtSettings, 'issuer' | 'rolesClaim'>,
): Caller | undefined {
  const client = claims.client_id === undefined ? claims.azp : claims.client_id;
  const [kind, name] = claims.sub === undefined ? (['client', client] as const) : (['user', claims.sub] as const);
  if (!isName(name) || !(claims.iss === undefined || isName(claims.iss))) return undefined;
  const realm = issuer === undefined && claims.iss !== undefined ? `@${encodeURIComponent(claims.iss)}` : '';
  return { id: `${kind}${realm}:${name}`, roles: rolesOf(claims, rolesClaim) };
}

function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_ID_CHARS) return false;
  return !NO_NAME.test(value) && !UNSEEN.test(value);
}

/** A list, or words with blanks between. Scopes are none: they are what a client asked for. */
function rolesOf(claims: JWTPayload, claim: string): string[] {
  const value = claimOf(claims, claim);
  const words = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return [...new Set(words.filter((word): word is string => typeof word === 'string' && word !== ''))];
}

/** A claim by its name; else, as in `realm_access.roles`, one within others. */
function claimOf(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  const within = (value: unknown, step: string) =>
    isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return name.split('.').reduce<unknown>(within, claims);
}
