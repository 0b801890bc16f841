import type { JWTPayload } from 'jose';
import type { Caller } from '../../core/call.ts';

const MAX_ID_CHARS = 255;

/** Who a token is about: `sub`, else the client it was given to; undefined where it does not say. */
export function callerOf(claims: JWTPayload): Caller | undefined {
  const id = [claims.sub, claims.client_id, claims.azp].find(isId);
  return id === undefined ? undefined : { id, roles: rolesOf(claims) };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_ID_CHARS;
}

/** `roles`, else the scopes: a list, or words with blanks between. */
function rolesOf({ roles, scope, scp }: JWTPayload): string[] {
  const value = roles ?? scope ?? scp;
  const words = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return [...new Set(words.filter((word): word is string => typeof word === 'string' && word !== ''))];
}
