import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, parseJsonObject } from '../../core/json.ts';
import { Credentials, currentTokens, type StoredCredentials } from './credentials.ts';

/** A login for display: no token, and nothing from which one could be made. */
export interface LoginView {
  readonly issuer: string;
  /** The person who logged in, if a token names them. */
  readonly account?: string;
  /** Granted scopes, separated by spaces. */
  readonly scope?: string;
  /** End of the access token in epoch ms. Absent: the authorization server did not say. */
  readonly expiresAt?: number;
  /** True if it is renewed without a person. */
  readonly isRefreshable: boolean;
}

/** Claims of a token that name a person, the most useful first. */
const ACCOUNT_CLAIMS = ['email', 'preferred_username', 'username', 'name', 'sub'];

/** The login in use; undefined if there is none. */
export function loginView(kept: StoredCredentials): LoginView | undefined {
  const tokens = currentTokens(kept);
  if (!tokens || kept.issuer === undefined) return undefined;
  const account = accountIn(tokens.id_token) ?? accountIn(tokens.access_token);
  const { tokensAt } = kept.issuers[kept.issuer] ?? {};
  const { expires_in: seconds, scope } = tokens;
  return {
    issuer: kept.issuer,
    ...(account !== undefined && { account }),
    ...(scope && { scope }),
    ...(seconds !== undefined && tokensAt !== undefined && { expiresAt: tokensAt + seconds * 1_000 }),
    isRefreshable: tokens.refresh_token !== undefined,
  };
}

/** The person in a token. The signature is not checked, because the name is only displayed. */
function accountIn(token: string | undefined): string | undefined {
  const claims = claimsOf(token);
  const name = ACCOUNT_CLAIMS.map((claim) => claims[claim]).find((value) => typeof value === 'string' && value !== '');
  return name as string | undefined;
}

function claimsOf(token = ''): JsonObject {
  const [, body, signature] = token.split('.');
  if (body === undefined || signature === undefined) return {};
  return parseJsonObject(Buffer.from(body, 'base64url').toString()) ?? {};
}

/** All credentials files in the directory, including those of servers that are no longer configured. */
export async function listLogins(directory: string): Promise<Credentials[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => /^oauth-[0-9a-f]{32}\.json$/.test(name))
    .sort()
    .map((name) => new Credentials(join(directory, name)));
}
