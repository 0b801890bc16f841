import {
  assertSecureTokenEndpoint,
  discoverAuthorizationServerMetadata,
  type OAuthMetadata,
  type StoredOAuthClientInformation,
  selectClientAuthMethod,
} from '@modelcontextprotocol/client';
import { withTimeout } from '../../core/abort.ts';
import { Outbound } from '../../platform/outbound/outbound.ts';
import type { ProxySetting } from '../../platform/outbound/proxy.ts';
import type { IssuerCredentials } from './credentials.ts';
import { FETCH_TIMEOUT_MS, oauthFetch } from './oauth-client.ts';

/** Result of a revocation. `unsupported`: the server offers none, or the client is no longer known. */
export type Revocation = 'revoked' | 'unsupported' | 'nothing to revoke';

/** Revokes tokens at their authorization server (RFC 7009). Rejects if the server supports it and fails. */
export async function revokeTokens(
  issuer: string,
  { client, tokens }: IssuerCredentials,
  proxy?: ProxySetting,
): Promise<Revocation> {
  if (!tokens) return 'nothing to revoke';
  const outbound = new Outbound({ url: issuer, proxy, named: [issuer] });
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn: oauthFetch(outbound) });
  // The metadata of OpenID Connect may have these members too.
  const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: listed }: Partial<OAuthMetadata> =
    metadata ?? {};
  const methods = listed ?? metadata?.token_endpoint_auth_methods_supported;
  if (!client || endpoint === undefined) return 'unsupported';
  const url = assertSecureTokenEndpoint(endpoint);
  const parts = { url, client, methods, outbound };
  // Often the access token ends with the refresh token. An access token that is a JWT cannot be revoked at all, so its
  // failure does not count.
  if (tokens.refresh_token) {
    await revoke(tokens.refresh_token, 'refresh_token', parts);
    await revoke(tokens.access_token, 'access_token', parts).catch(() => {});
  } else await revoke(tokens.access_token, 'access_token', parts);
  return 'revoked';
}

interface RevocationParts {
  readonly url: URL;
  readonly client: StoredOAuthClientInformation;
  readonly methods: string[] | undefined;
  readonly outbound: Outbound;
}

async function revoke(
  token: string,
  hint: string,
  { url, client, methods = [], outbound }: RevocationParts,
): Promise<void> {
  const body = new URLSearchParams({ token, token_type_hint: hint });
  const headers = authenticated(client, methods, body);
  const init: RequestInit = { method: 'POST', headers, body, redirect: 'error' };
  const { ok, status } = await withTimeout(FETCH_TIMEOUT_MS, async (signal) => {
    const response = await outbound.follow(url, { ...init, signal });
    await response.body?.cancel();
    return response;
  });
  if (!ok) throw new Error(`${url.origin} answered HTTP ${status}`);
}

/** The headers that authenticate the client. Some methods add fields to the body instead. */
function authenticated(
  client: StoredOAuthClientInformation,
  methods: string[],
  body: URLSearchParams,
): Record<string, string> {
  const { client_id: id, client_secret: secret = '' } = client;
  if (selectClientAuthMethod(client, methods) === 'client_secret_basic') {
    const pair = [id, secret].map(encodeURIComponent).join(':');
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
  body.set('client_id', id);
  if (secret) body.set('client_secret', secret);
  return {};
}
