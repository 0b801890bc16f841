import {
  assertSecureTokenEndpoint,
  discoverAuthorizationServerMetadata,
  type OAuthMetadata,
  type StoredOAuthClientInformation,
  selectClientAuthMethod,
} from '@modelcontextprotocol/client';
import { boundedFetch } from './bounded-fetch.ts';
import type { IssuerCredentials } from './credentials.ts';

/** What came of a revocation: `unsupported` where the server offers none, or the client is not known any more. */
export type Revocation = 'revoked' | 'unsupported' | 'nothing to revoke';

/** Has an authorization server take back its tokens (RFC 7009). Rejects where it should and does not. */
export async function revokeTokens(issuer: string, { client, tokens }: IssuerCredentials): Promise<Revocation> {
  if (!tokens) return 'nothing to revoke';
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn: boundedFetch });
  // The document of OpenID Connect may have these too.
  const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: listed }: Partial<OAuthMetadata> =
    metadata ?? {};
  const methods = listed ?? metadata?.token_endpoint_auth_methods_supported;
  if (!client || endpoint === undefined) return 'unsupported';
  const url = assertSecureTokenEndpoint(endpoint);
  // Often the access token ends with the refresh token; and one that is a JWT cannot be taken back at all.
  if (tokens.refresh_token) {
    await revoke(url, tokens.refresh_token, 'refresh_token', client, methods);
    await revoke(url, tokens.access_token, 'access_token', client, methods).catch(() => {});
  } else await revoke(url, tokens.access_token, 'access_token', client, methods);
  return 'revoked';
}

async function revoke(
  url: URL,
  token: string,
  hint: string,
  client: StoredOAuthClientInformation,
  methods: string[] = [],
): Promise<void> {
  const body = new URLSearchParams({ token, token_type_hint: hint });
  const headers = authenticated(client, methods, body);
  const { ok, status } = await boundedFetch(url, { method: 'POST', headers, body, redirect: 'error' });
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
