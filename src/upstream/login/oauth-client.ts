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
import { type Answered, normalizeClient, normalizeMetadata, normalizeTokens } from './oauth-answers.ts';

/** Longest time of one request to an authorization server, in ms. */
export const FETCH_TIMEOUT_MS = 10_000;
/** Longest answer of an authorization server, in bytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * `fetch` for the SDK's OAuth client. It bounds answers, refuses addresses that only we can reach, and corrects answers for
 * the SDK. A POST to an address that must not get the client secret of `oauth` is refused: metadata name the endpoints, and
 * may name any host.
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
      // Redirects are passed on: the caller decides about them.
      if (status >= 300 && status < 400) return new Response(null, { status, headers: response.headers });
      if (!isPost) return documentResponse(answer, outbound);
      return typeof init.body === 'string' ? normalizeClient(answer, init.body) : normalizeTokens(answer);
    });
  };
}

/**
 * A document for the SDK. An HTML page or other non-JSON answer becomes 404, so that the SDK tries the next address. If
 * the entry names this authorization server, its endpoints count as named too.
 */
function documentResponse({ url, status, ok, text }: Answered, outbound: Outbound): Response {
  const document = ok ? parseJsonObject(text) : undefined;
  if (!document) return new Response(null, { status: ok ? 404 : status });
  const mended = normalizeMetadata(document, url, outbound.url);
  if (outbound.isNamed(url))
    for (const name of ENDPOINTS) {
      const endpoint = mended[name];
      if (typeof endpoint === 'string' && URL.canParse(endpoint)) outbound.leaveToProxy(new URL(endpoint));
    }
  return Response.json(mended);
}

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'revocation_endpoint'];

/** Throws unless client data goes out over TLS, or to the host of the server or to this machine. */
function assertSecure(url: URL, server: URL): void {
  const isSecure = url.protocol === 'https:' || url.hostname === server.hostname || isThisMachine(url);
  if (isSecure) return;
  throw new TargetRefused(`the server leads to ${url.origin}, which is not https`);
}

/** The `Outbound` for a server and its authorization server. The issuer in the entry may be at any address. */
export function outboundOf({ url, proxy, oauth }: ServerConfig & { type: 'remote' }): Outbound {
  return new Outbound({ url, proxy, named: [oauth ? oauth.issuer : undefined] });
}

/**
 * The client that the entry of `server` names, for the authorization server of a login; undefined if it names none.
 * Throws as `checkSecretFor` does.
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
 * Throws `LoginNeeded` unless the client secret of an entry may be sent to `address`. With an `issuer` in the entry it
 * may, since that is where the secret belongs. Without one the server cannot choose its receiver: it may only be sent
 * to the server's own site.
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

/**
 * True if `target` is of the server's origin; or, over TLS, of its host, a host below it or one above it that is no
 * top-level domain.
 */
function isPartOf(server: URL, target: URL): boolean {
  if (target.origin === server.origin) return true;
  if (target.protocol !== 'https:') return false;
  const [a, b] = [server.hostname, target.hostname];
  return a === b || isBelow(a, b) || isBelow(b, a);
}
