import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';

/** What is answered in place of what would be: an object as JSON, or text of that type and status. */
export type Odd = JsonObject | { readonly text: string; readonly type?: string; readonly status?: number };

/** Answers by path, made of the usual one; undefined for the usual one. */
export type Oddities = Readonly<Record<string, (usual: JsonObject, body: string) => Odd | undefined>>;

export interface OddServer {
  readonly origin: string;
  readonly requests: { readonly path: string; readonly body: string; readonly authorization: string | undefined }[];
}

/** A resource and its authorization server in one, which answer in odd ways where they are told to. */
export async function startOdd(oddities: Oddities | ((origin: string) => Oddities)): Promise<OddServer> {
  const requests: OddServer['requests'] = [];
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const odd = typeof oddities === 'function' ? oddities(origin) : oddities;
  const usual: Readonly<Record<string, (body: string) => JsonObject>> = {
    '/.well-known/oauth-protected-resource/mcp': () => ({ resource: `${origin}/mcp`, authorization_servers: [origin] }),
    '/.well-known/oauth-authorization-server': () => ({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    }),
    '/register': (body) => ({ ...(JSON.parse(body) as JsonObject), client_id: 'c1' }),
    '/token': () => ({ access_token: 'access-1', token_type: 'Bearer', expires_in: 3600, refresh_token: 'refresh-1' }),
    '/authorize': () => ({}),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', origin);
    const path = url.pathname;
    const body = await text(request);
    requests.push({ path, body, authorization: request.headers.authorization });
    const known = usual[path]?.(body);
    const said = odd[path]?.(known ?? {}, body) ?? known;
    if (path === '/authorize' && !(said && 'text' in said)) {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      for (const [name, value] of Object.entries({ code: 'code', state: url.searchParams.get('state'), ...said }))
        back.searchParams.set(name, String(value));
      return response.writeHead(302, { location: String(back) }).end();
    }
    if (!said) return response.writeHead(404).end();
    if ('text' in said)
      return response
        .writeHead(Number(said.status ?? 200), { 'content-type': String(said.type ?? 'text/html') })
        .end(said.text);
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  };
  return { origin, requests };
}
