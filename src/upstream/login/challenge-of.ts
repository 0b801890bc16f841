import { discoverOAuthProtectedResourceMetadata, extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../../config/schema.ts';
import { withTimeout } from '../../core/abort.ts';
import { type Outbound, redirectOf } from '../../platform/outbound/outbound.ts';
import type { Challenge } from './login-needed.ts';
import { FETCH_TIMEOUT_MS, oauthFetch } from './oauth-client.ts';

const HELLO = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'mcp-gateway', version: '1' } },
};

/**
 * The login that a server demands of a client without credentials; undefined if none. Rejects if the server cannot be
 * reached.
 */
export async function challengeOf(
  { headers }: ServerConfig & { type: 'remote' },
  outbound: Outbound,
): Promise<Challenge | undefined> {
  const response = await answerOf(outbound, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(HELLO),
  });
  // HTTP+SSE begins with a GET.
  const isOlder = [404, 405].includes(response.status);
  const said = isOlder ? await answerOf(outbound, { headers: { ...headers, accept: 'text/event-stream' } }) : response;
  if (![401, 403].includes(said.status)) return (await publishesLogin(outbound)) ? {} : undefined;
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(said);
  return { ...(scope && { scope }), ...(resourceMetadataUrl && { resourceMetadataUrl }) };
}

/**
 * Head of the answer. The body is cancelled, because it may be an endless stream. Follows one redirect within the
 * origin of the server.
 */
function answerOf(outbound: Outbound, init: RequestInit): Promise<Response> {
  return withTimeout(FETCH_TIMEOUT_MS, async (signal) => {
    const ask = async (url: URL) => {
      const response = await outbound.fetch(url, { ...init, redirect: 'manual', signal });
      await response.body?.cancel();
      return response;
    };
    const response = await ask(outbound.url);
    // Many servers redirect from an address without a trailing slash to one with it, or the other way round.
    const next = redirectOf(response, outbound.url);
    return next?.origin === outbound.url.origin ? ask(next) : response;
  });
}

/** True if the server publishes OAuth metadata: it may demand the login only when a tool is called. */
async function publishesLogin(outbound: Outbound): Promise<boolean> {
  return discoverOAuthProtectedResourceMetadata(outbound.url, {}, oauthFetch(outbound)).then(
    () => true,
    () => false,
  );
}
