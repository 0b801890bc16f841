import { discoverOAuthProtectedResourceMetadata, extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import type { ServerConfig } from '../config/schema.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Challenge } from './login-needed.ts';

const HELLO = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'mcp-gateway', version: '1' } },
};

/** The login that a server wants of whoever comes without one; undefined where it wants none. Rejects where it cannot be reached. */
export async function challengeOf({ url, headers }: ServerConfig & { type: 'remote' }): Promise<Challenge | undefined> {
  const response = await answerOf(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(HELLO),
  });
  // HTTP+SSE begins with a GET.
  const isOlder = [404, 405].includes(response.status);
  const said = isOlder ? await answerOf(url, { headers: { ...headers, accept: 'text/event-stream' } }) : response;
  if (![401, 403].includes(said.status)) return (await publishesLogin(url)) ? {} : undefined;
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(said);
  return { ...(scope && { scope }), ...(resourceMetadataUrl && { resourceMetadataUrl }) };
}

/** Its head: a stream that it may begin is not read. */
async function answerOf(url: string, init: RequestInit): Promise<Response> {
  const response = await boundedFetch(url, init);
  await response.body?.cancel();
  return response;
}

/** A server may wait with its question until a tool is called. */
async function publishesLogin(url: string): Promise<boolean> {
  return discoverOAuthProtectedResourceMetadata(url, {}, boundedFetch).then(
    () => true,
    () => false,
  );
}
