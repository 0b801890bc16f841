import type { JWTPayload } from 'jose';
import type { JwtSettings } from '../../../config/auth.ts';
import type { Caller } from '../../../core/call.ts';
import { isJsonObject } from '../../../core/json.ts';

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
