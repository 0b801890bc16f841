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

/** Admits requests with a JWT that the settings accept. */
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

/** The verified token, or the reason to refuse it. */
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

/** Tries every matching key if the token does not name its key. */
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

/** Maps an error to a reason. An error that is not about the token means that the issuer's keys cannot be used. */
function reasonOf(error: unknown): RefusalReason {
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'malformed_token';
  if (error instanceof errors.JOSEError) return BY_CODE[error.code] ?? 'keys_unavailable';
  return 'keys_unavailable';
}

const MAX_ID_CHARS = 255;
/** Control characters, line ends and lone surrogates: no name has them. */
const NO_NAME = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Invisible characters, and those that change the direction: with them one caller could look like another in the request log. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800]|(?! )\p{Zs}|^ | $/u;

/**
 * The caller of a token: the person that `sub` names, else the client that the token was given to. Undefined if the claim
 * is absent or not usable as a name: a caller must not be taken for another. The id tells people from clients. Without a
 * pinned issuer it also has the issuer, since each issuer may have its own `ada`.
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

/** Roles from a list, or from words with blanks between. Scopes are no roles: a client asked for them. */
function rolesOf(claims: JWTPayload, claim: string): string[] {
  const value = claimOf(claims, claim);
  const words = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return [...new Set(words.filter((word): word is string => typeof word === 'string' && word !== ''))];
}

/** A claim by its name, or by a path such as `realm_access.roles`. */
function claimOf(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  const within = (value: unknown, step: string) =>
    isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return name.split('.').reduce<unknown>(within, claims);
}
