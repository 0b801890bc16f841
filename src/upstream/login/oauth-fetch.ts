import type { FetchLike } from '@modelcontextprotocol/client';
import type { OAuthConfig } from '../../config/schema.ts';
import { withTimeout } from '../../core/abort.ts';
import { boundedText } from '../../platform/outbound/bounded-body.ts';
import { isThisMachine } from '../../platform/outbound/no-proxy.ts';
import type { Outbound } from '../../platform/outbound/outbound.ts';
import { TargetRefused } from '../../platform/outbound/target-refused.ts';
import { checkSecretFor } from './configured-client.ts';
import { objectIn } from './members.ts';
import { mendedMetadata } from './metadata.ts';
import { type Answered, mendedClient, mendedTokens } from './oauth-answers.ts';

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
  const document = ok ? objectIn(text) : undefined;
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
