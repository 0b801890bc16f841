import type {
  FetchLike,
  OAuthClientInformationContext,
  StoredOAuthClientInformation,
} from '@modelcontextprotocol/client';
import type { OAuthConfig, ServerConfig } from '../../config/schema.ts';
import { withTimeout } from '../../core/abort.ts';
import { parseJsonObject } from '../../core/json.ts';
import { boundedText } from '../../platform/outbound/bounded-body.ts';
import { isBelow, Outbound, TargetRefused } from '../../platform/outbound/outbound.ts';
import { isThisMachine } from '../../platform/outbound/proxy.ts';
import { LoginNeeded } from './login-needed.ts';
import { type Answered, mendedClient, mendedMetadata, mendedTokens } from './oauth-answers.ts';

/** Time for one request to an authorization server, in ms. */
export const FETCH_TIMEOUT_MS = 10_000;
/** Longest answer of one. */
const MAX_BYTES = 1024 * 1024;

/**
 * `fetch` for the SDK's OAuth client: bounded, led nowhere that only we can reach, and with answers that it can read. Where a
 * secret of `oauth` may not go, nothing is posted: metadata name the endpoints, and may name them anywhere.
 */
export function oauthFetch(outbound: Outbound, oauth: Partial<OAuthConfig> = {}): FetchLike {
  return async (target, init = {}) => {
    const url = new URL(target);
    const isPost = init.method?.toUpperCase() === 'POST';
    if (isPost) {
      assertSecure(url, outbound.url);
      checkSecretFor(url.href, oauth, outbound.url);
    }
    return withTimeout(FETCH_TIMEOUT_MS, async (signal) => {
      const response = await outbound.follow(url, { ...init, signal });
      const { status, ok } = response;
      const answer = { url, status, ok, text: await boundedText(response, MAX_BYTES) };
      // Where it leads is for whoever asked to look at.
      if (status >= 300 && status < 400) return new Response(null, { status, headers: response.headers });
      if (!isPost) return described(answer, outbound);
      return typeof init.body === 'string' ? mendedClient(answer, init.body) : mendedTokens(answer);
    });
  };
}

/**
 * A page for people is no document, and neither is one that says nothing: the next place is tried. The endpoints of an
 * authorization server that the entry names are as good as named there.
 */
function described({ url, status, ok, text }: Answered, outbound: Outbound): Response {
  const document = ok ? parseJsonObject(text) : undefined;
  if (!document) return new Response(null, { status: ok ? 404 : status });
  const mended = mendedMetadata(document, url, outbound.url);
  if (outbound.isNamed(url))
    for (const name of ENDPOINTS) {
      const endpoint = mended[name];
      if (typeof endpoint === 'string' && URL.canParse(endpoint)) outbound.leaveToProxy(new URL(endpoint));
    }
  return Response.json(mended);
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'revocation_endpoint'];

/** What a client says of itself goes out over TLS, or to where the server itself is. */
function assertSecure(url: URL, server: URL): void {
  const isSecure = url.protocol === 'https:' || url.hostname === server.hostname || isThisMachine(url);
  if (isSecure) return;
  throw new TargetRefused(`the server leads to ${url.origin}, which is not https`);
}

/** The way out to a server and its authorization server: what the entry names may be anywhere. */
export function outboundOf({ url, proxy, oauth }: ServerConfig & { type: 'remote' }): Outbound {
  return new Outbound({ url, proxy, named: [oauth ? oauth.issuer : undefined] });
}

/**
 * The client that the entry of `server` names, for an authorization server that a login is at; undefined where it names
 * none. Throws as `checkSecretFor` does.
 */
export function configuredClient(
  oauth: OAuthConfig,
  server: URL,
  context?: OAuthClientInformationContext,
): StoredOAuthClientInformation | undefined {
  const { clientId, clientSecret } = oauth;
  if (!clientId) return undefined;
  const issuer = oauth.issuer ?? context?.issuer;
  checkSecretFor(issuer, oauth, server);
  return {
    client_id: clientId,
    ...(clientSecret && { client_secret: clientSecret }),
    ...(issuer && { issuer }),
  };
}

/**
 * The secret of an entry is for the `issuer` that a person has written there. Without one it is not for the server to say
 * who gets it: only what is part of the server itself does. Throws `LoginNeeded` for any other address.
 */
export function checkSecretFor(
  address: string | undefined,
  { clientSecret, issuer }: Pick<OAuthConfig, 'clientSecret' | 'issuer'>,
  server: URL,
): void {
  if (!clientSecret || issuer) return;
  const target = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  if (target && isPartOf(server, target)) return;
  const leads = target ? `the server leads to ${target.origin} for its login, which you have not named` : 'no issuer';
  throw new LoginNeeded({
    obstacle: `${leads}: the client secret is not sent there; write the address of the authorization server that "clientId" belongs to as "issuer" in "oauth"`,
  });
}

/** Of the server's origin; or over TLS of its host, of one below it, or of one above it, as far as that is no top-level domain. */
function isPartOf(server: URL, target: URL): boolean {
  if (target.origin === server.origin) return true;
  if (target.protocol !== 'https:') return false;
  const [a, b] = [server.hostname, target.hostname];
  return a === b || isBelow(a, b) || isBelow(b, a);
}
