import {
  discoverOAuthServerInfo,
  type FetchLike,
  OAuthError,
  OAuthErrorCode,
  refreshAuthorization,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../../config/schema.ts';
import { configuredClient } from './configured-client.ts';
import { type Credentials, ofIssuer } from './credentials.ts';
import { sameIssuer } from './issuer.ts';
import { issuerOf } from './oauth-provider.ts';
import { inOurWords } from './our-words.ts';

const MAY_PASS: readonly string[] = [OAuthErrorCode.ServerError, OAuthErrorCode.TemporarilyUnavailable];
const UNKNOWN_CLIENT: readonly string[] = [OAuthErrorCode.InvalidClient, OAuthErrorCode.UnauthorizedClient];

export interface RefreshParts {
  readonly serverUrl: string;
  readonly oauth: OAuthConfig;
  readonly credentials: Credentials;
  readonly resourceMetadataUrl?: URL | undefined;
  readonly fetchFn: FetchLike;
}

/** New tokens for a refresh token; undefined when it is not taken any more, or belongs to another authorization server. */
export async function refreshed(
  refreshToken: string | undefined,
  { serverUrl, oauth, credentials, resourceMetadataUrl, fetchFn }: RefreshParts,
): Promise<StoredOAuthTokens | undefined> {
  const info = await discoverOAuthServerInfo(serverUrl, {
    fetchFn,
    ...(resourceMetadataUrl && { resourceMetadataUrl }),
  });
  const issuer = issuerOf(info);
  const kept = ofIssuer(await credentials.read(), issuer);
  const client = configuredClient(oauth, new URL(serverUrl), { issuer }) ?? kept.client;
  const before = kept.tokens;
  if (!refreshToken || !client || !sameIssuer(client.issuer, issuer)) return undefined;
  if (before?.refresh_token !== refreshToken) return undefined;
  const metadata = info.authorizationServerMetadata;
  const resource = info.resourceMetadata?.resource;
  try {
    const tokens = await refreshAuthorization(info.authorizationServerUrl, {
      clientInformation: client,
      refreshToken,
      fetchFn,
      ...(metadata && { metadata }),
      ...(resource && { resource }),
    });
    return { scope: before.scope, refresh_token: refreshToken, ...tokens, issuer };
  } catch (error) {
    // The authorization server has spoken; whatever else went wrong may pass.
    if (!(error instanceof OAuthError) || MAY_PASS.includes(String(error.code))) throw inOurWords(error);
    // It has forgotten us: the next login is to register anew.
    if (UNKNOWN_CLIENT.includes(String(error.code)))
      await credentials.updateIssuer(issuer, ({ client: _, ...rest }) => rest);
    return undefined;
  }
}
