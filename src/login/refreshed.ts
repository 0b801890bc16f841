import {
  discoverOAuthServerInfo,
  OAuthError,
  OAuthErrorCode,
  refreshAuthorization,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../config/schema.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Credentials } from './credentials.ts';
import { issuerOf, registeredBeforehand } from './oauth-provider.ts';

export interface RefreshParts {
  readonly serverUrl: string;
  readonly oauth: OAuthConfig;
  readonly credentials: Credentials;
  readonly resourceMetadataUrl?: URL | undefined;
}

/** New tokens for a refresh token; undefined when it is not taken any more, or belongs to another authorization server. */
export async function refreshed(
  refreshToken: string | undefined,
  { serverUrl, oauth, credentials, resourceMetadataUrl }: RefreshParts,
): Promise<StoredOAuthTokens | undefined> {
  const info = await discoverOAuthServerInfo(serverUrl, {
    fetchFn: boundedFetch,
    ...(resourceMetadataUrl && { resourceMetadataUrl }),
  });
  const issuer = issuerOf(info);
  const kept = await credentials.read();
  const client = registeredBeforehand(oauth, { issuer }) ?? kept.issuers[issuer]?.client;
  const before = kept.issuers[issuer]?.tokens;
  if (!refreshToken || !client || client.issuer !== issuer || before?.refresh_token !== refreshToken) return undefined;
  const metadata = info.authorizationServerMetadata;
  const resource = info.resourceMetadata?.resource;
  try {
    const tokens = await refreshAuthorization(info.authorizationServerUrl, {
      clientInformation: client,
      refreshToken,
      fetchFn: boundedFetch,
      ...(metadata && { metadata }),
      ...(resource && { resource }),
    });
    return { scope: before.scope, refresh_token: refreshToken, ...tokens, issuer };
  } catch (error) {
    // The authorization server has spoken; whatever else went wrong may pass.
    if (error instanceof OAuthError && error.code !== OAuthErrorCode.ServerError) return undefined;
    throw error;
  }
}
