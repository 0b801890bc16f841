import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../../config/schema.ts';
import { type Credentials, keyOf, ofIssuer } from './credentials.ts';
import { configuredClient } from './oauth-client.ts';

interface LoginParts {
  /** Address of the server that the login is for. */
  readonly server: URL;
  readonly oauth: OAuthConfig;
  readonly credentials: Credentials;
  readonly redirectUrl: string;
  /** Scopes to request, separated by spaces. Absent: the servers decide. */
  readonly scope?: string | undefined;
  /** Random text that the callback repeats; it proves that the callback belongs to this login. */
  readonly state: string;
  /** Called with the address at which the person logs in. */
  readonly onUrl: (url: URL) => void;
}

const CLIENT_NAME = 'MCP Gateway';
const NOT_TAKEN =
  'the authorization server does not take this client: correct "clientId" and "clientSecret" in "oauth"';
const FORGOTTEN = 'the authorization server has forgotten this client: log in again, and the gateway registers anew';

/**
 * One login of a person as a provider for the SDK's OAuth client. Everything that must outlive the login is stored in
 * the credentials.
 */
export function oauthProvider({
  server,
  oauth,
  credentials,
  redirectUrl,
  scope,
  state,
  onUrl,
}: LoginParts): OAuthClientProvider {
  let verifier = '';
  let discovered: OAuthDiscoveryState | undefined;
  let requestedScope: string | undefined;
  const forget = (part: 'client' | 'tokens') => {
    const issuer = discovered && issuerOf(discovered);
    return issuer ? credentials.updateIssuer(issuer, ({ [part]: _, ...rest }) => rest) : undefined;
  };
  return {
    redirectUrl,
    clientMetadata: metadataOf(oauth, redirectUrl),
    ...(oauth.clientMetadataUrl && { clientMetadataUrl: oauth.clientMetadataUrl }),
    state: () => state,
    validateResourceURL,
    clientInformation: async (context) => {
      const own = configuredClient(oauth, server, context);
      if (own || !context) return own;
      const { client } = ofIssuer(await credentials.read(), context.issuer);
      return client && fits(client, redirectUrl, scope) ? client : undefined;
    },
    ...(!oauth.clientId && {
      saveClientInformation: async (client, context) => {
        if (context) await credentials.updateIssuer(context.issuer, (kept) => ({ ...kept, client }));
      },
    }),
    // A login begins only if the current tokens do not suffice.
    tokens: () => undefined,
    saveTokens: (tokens, context) => keepTokens(credentials, withScope(tokens, requestedScope), context?.issuer),
    redirectToAuthorization: (url) => {
      requestedScope = url.searchParams.get('scope') ?? undefined;
      onUrl(url);
    },
    saveCodeVerifier: (own) => {
      verifier = own;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (own) => {
      discovered = own;
    },
    discoveryState: () => discovered,
    invalidateCredentials: async (part) => {
      if (part === 'client' || part === 'all') await forget('client');
      if (part === 'tokens' || part === 'all') await forget('tokens');
      if (part === 'discovery' || part === 'all') discovered = undefined;
      // Here the SDK would start again, without the client that the code was issued to.
      if (part === 'client') throw new Error(oauth.clientId ? NOT_TAKEN : FORGOTTEN);
    },
  };
}

/** A provider for the client-credentials grant: no person and no redirect. `onTokens` is called with the tokens. */
export function machineProvider(
  oauth: OAuthConfig,
  server: URL,
  onTokens: (tokens: StoredOAuthTokens) => void,
): OAuthClientProvider {
  const noPerson = () => {
    throw new Error('the client-credentials grant involves no person');
  };
  return {
    redirectUrl: undefined,
    clientMetadata: {
      client_name: CLIENT_NAME,
      redirect_uris: [],
      grant_types: ['client_credentials'],
      ...(oauth.scope && { scope: oauth.scope }),
    },
    validateResourceURL,
    clientInformation: (context) => configuredClient(oauth, server, context),
    tokens: () => undefined,
    saveTokens: onTokens,
    redirectToAuthorization: noPerson,
    saveCodeVerifier: () => {},
    codeVerifier: noPerson,
    prepareTokenRequest: (scope) => new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }),
  };
}

/** Stores tokens and makes them the ones in use. */
export function keepTokens(credentials: Credentials, tokens: StoredOAuthTokens, issuer = tokens.issuer): Promise<void> {
  if (!issuer) throw new Error('tokens without an issuer');
  return credentials.update((kept) => ({
    ...kept,
    issuer: keyOf(kept, issuer),
    issuers: { ...kept.issuers, [keyOf(kept, issuer)]: { ...ofIssuer(kept, issuer), tokens, tokensAt: Date.now() } },
  }));
}

export function issuerOf(info: Pick<OAuthDiscoveryState, 'authorizationServerUrl' | 'authorizationServerMetadata'>) {
  return info.authorizationServerMetadata?.issuer ?? info.authorizationServerUrl;
}

function metadataOf(oauth: OAuthConfig, redirectUrl: string): OAuthClientMetadata {
  return {
    client_name: CLIENT_NAME,
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'native',
    ...(oauth.scope && { scope: oauth.scope }),
  };
}

/**
 * True if a stored client can be used. A dynamically registered client is bound to the redirect URI and the scopes of
 * its registration.
 */
function fits(client: StoredOAuthClientInformation, redirectUrl: string, wanted = ''): boolean {
  const secretEnds = 'client_secret_expires_at' in client ? client.client_secret_expires_at : 0;
  if (secretEnds && secretEnds * 1_000 <= Date.now()) return false;
  if (!('redirect_uris' in client)) return true;
  const allowed = client.scope?.split(' ');
  const isEnough = !allowed || wanted.split(' ').every((scope) => scope === '' || allowed.includes(scope));
  return isEnough && client.redirect_uris.includes(redirectUrl);
}

/** Tokens without `scope` have the requested one (RFC 6749, 5.1). */
function withScope(tokens: StoredOAuthTokens, scope: string | undefined): StoredOAuthTokens {
  return { ...(scope && { scope }), ...tokens };
}

/**
 * Checks the resource that a token is requested for: it has to be the server or a path above it; a slash at the end may
 * differ. Resolves with the text as the server writes it. Rejects with the two addresses.
 */
async function validateResourceURL(server: string | URL, resource?: string): Promise<URL | undefined> {
  if (resource === undefined) return undefined;
  const [own, named] = [new URL(server), new URL(resource)];
  const isAbove = pathOf(own).startsWith(pathOf(named));
  if (own.origin !== named.origin || !isAbove)
    throw new Error(
      `the server says that it is ${named.origin}${named.pathname}, and it is reached as ${own.origin}${own.pathname}`,
    );
  // A text and not a URL: the SDK would write a URL in its own form, and authorization servers compare letter by
  // letter.
  return resource as unknown as URL;
}

function pathOf({ pathname }: URL): string {
  return pathname.endsWith('/') ? pathname : `${pathname}/`;
}
