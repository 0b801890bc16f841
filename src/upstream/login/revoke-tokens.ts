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

/** What came of a revocation: `unsupported` where the server offers none, or the client is not known any more. */
export type Revocation = 'revoked' | 'unsupported' | 'nothing to revoke';

/** Has an authorization server take back its tokens (RFC 7009). Rejects where it should and does not. */
export async function revokeTokens(
  issuer: string,
  { client, tokens }: IssuerCredentials,
  proxy?: ProxySetting,
): Promise<Revocation> {
  if (!tokens) return 'nothing to revoke';
  const outbound = new Outbound({ url: issuer, proxy, named: [issuer] });
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn: oauthFetch(outbound) });
  // The document of OpenID Connect may have these too.
  const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: listed }: Partial<OAuthMetadata> =
    metadata ?? {};
  const methods = listed ?? metadata?.token_endpoint_auth_methods_supported;
  if (!client || endpoint === undefined) return 'unsupported';
  const url = assertSecureTokenEndpoint(endpoint);
  const parts = { url, client, methods, outbound };
  // Often the access token ends with the refresh token; and one that is a JWT cannot be taken back at all.
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

/** The headers by which the client proves who it is, or the fields that it adds to the body. */
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
