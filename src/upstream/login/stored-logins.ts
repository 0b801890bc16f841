import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, parseJsonObject } from '../../core/json.ts';
import { Credentials, currentTokens, type Kept } from './credentials.ts';

/** A login as people may see it: no token, and nothing of which one could be made. */
export interface LoginView {
  readonly issuer: string;
  /** Who logged in, where a token says so. */
  readonly account?: string;
  /** What was granted, separated by spaces. */
  readonly scope?: string;
  /** When the access token ends, epoch ms; absent: the authorization server did not say. */
  readonly expiresAt?: number;
  /** Whether it is renewed by itself. */
  readonly isRefreshable: boolean;
}

/** Members of a token that name a person, the most telling first. */
const ACCOUNT_CLAIMS = ['email', 'preferred_username', 'username', 'name', 'sub'];

/** The login in use; undefined where there is none. */
export function loginView(kept: Kept): LoginView | undefined {
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

/** Read without checking the signature: it is shown, and decides nothing. */
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

/** Every file of credentials in the directory, also of servers that are configured no more. */
export async function keptLogins(directory: string): Promise<Credentials[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => /^oauth-[0-9a-f]{32}\.json$/.test(name))
    .sort()
    .map((name) => new Credentials(join(directory, name)));
}
