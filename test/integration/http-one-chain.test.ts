import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import { serveHttp } from '../helpers/clients/http-clients.ts';
import { initialize, JSON_RPC, post } from '../helpers/clients/streamable-client.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const ADA = 'the-key-of-ada';
const BEA = 'the-key-of-bea';
const ORIGIN = 'https://app.example';
const AUTH = { auth: { strategy: 'api-key', apiKeys: [ADA, BEA] } };
/** The fast path takes the first alone: a slash at the end leaves a request to the app. */
const PATHS = ['/mcp', '/mcp/'] as const;

type Fields = Readonly<Record<string, string | readonly string[]>>;

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `fetch` would choose the host, and send a header once. */
function send(url: string, body: string, headers: Fields): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', setHost: headers.host === undefined, agent: false });
    const all: Fields = { ...JSON_RPC, 'content-length': String(Buffer.byteLength(body)), ...headers };
    for (const [name, value] of Object.entries(all)) request.setHeader(name, value);
    request.on('error', reject).on('response', async (response) => {
      const { statusCode: status, headers } = response;
      resolve({ status, headers, body: await text(response) });
    });
    request.end(body);
  });
}

/** Header fields whose values are new in each answer, and how they look. */
const NEW_EACH_TIME: Readonly<Record<string, RegExp>> = {
  date: / GMT$/,
  'x-request-id': /^[\da-f-]{36}$/,
  'x-ratelimit-remaining': /^\d+$/,
  'x-ratelimit-reset': /^\d+$/,
  'retry-after': /^\d+$/,
};

/** Everything that a client sees of an answer but what is new in each: the fields above, ids of streams, seconds that are left. */
function comparable({ status, headers, body }: Answer) {
  const fields = Object.entries(headers).map(([name, value]) => {
    return [name, NEW_EACH_TIME[name]?.test(String(value)) ? 'new' : value] as const;
  });
  return {
    status,
    headers: Object.fromEntries(fields),
    body: body
      .replace(/^id: s\d+/gm, 'id: s')
      .replace(/in \d+ s\b/, 'in some s')
      .replace(/"retryAfterSeconds":\d+/, '"retryAfterSeconds":0'),
  };
}

/** The answers by both ways, one after the other, equal but for what is new in each. */
async function sameByBoth(address: string, body: unknown, headers: Fields, what?: string): Promise<Answer> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const fast = await send(address + PATHS[0], sent, headers);
  const full = await send(address + PATHS[1], sent, headers);
  expect(comparable(fast), what ?? sent).toEqual(comparable(full));
  return fast;
}

async function begin(address: string, key = ADA, version = '2025-11-25'): Promise<Record<string, string>> {
  const own = { 'x-api-key': key };
  const { headers } = await post(`${address}/mcp`, initialize(version), own);
  const session = { ...own, 'mcp-session-id': headers.get('mcp-session-id') ?? '' };
  await post(`${address}/mcp`, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  return session;
}

const ping = (id: unknown = 1): JsonObject => ({ jsonrpc: '2.0', id, method: 'ping' });
const invoke = (id: string, args: JsonObject): JsonObject => ({
  ...{ jsonrpc: '2.0', id: 5, method: 'tools/call' },
  params: { name: 'invoke', arguments: { id, args }, _meta: { progressToken: 'p' } },
});

test('a POST gets the same answer by the fast path as by the full one: status, every header, body [http.one-chain]', async () => {
  const rateLimit = { limit: 500, windowSeconds: 600 };
  const settings = { ...AUTH, rateLimit, corsOrigins: [ORIGIN], http: { maxBodyBytes: 20_000 } };
  const { address } = await serveHttp(settings, { u: local() });
  const [session, beas, batches] = [
    await begin(address),
    await begin(address, BEA),
    await begin(address, ADA, '2025-03-26'),
  ];
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
  const cases: readonly (readonly [what: string, status: number, body: unknown, headers: Fields])[] = [
    ['a result', 200, ping(), session],
    ['a list', 200, { ...ping(2), method: 'tools/list' }, session],
    ['a result of a tool', 200, invoke('u::add', { a: 1, b: 2 }), session],
    ['a stream', 200, invoke('u::progress', { steps: 2 }), session],
    ['an error of JSON-RPC', 200, { ...ping(3), method: 'no/such' }, session],
    ['a notification', 202, initialized, session],
    ['a session that is unknown', 404, ping(), { ...session, 'mcp-session-id': 'nobody' }],
    ['a session of somebody else', 404, ping(), { ...beas, 'mcp-session-id': session['mcp-session-id'] ?? '' }],
    ['a second initialize', 400, initialize(), session],
    ['a wrong host', 403, ping(), { ...session, host: 'evil.example' }],
    ['a host that is none', 400, ping(), { ...session, host: 'a b' }],
    ['two hosts', 400, ping(), { ...session, host: ['localhost', 'localhost'] }],
    ['two hosts, one of them wrong', 400, ping(), { ...session, host: ['localhost', 'evil.example'] }],
    ['a wrong origin', 403, ping(), { ...session, origin: 'https://evil.example' }],
    ['an allowed origin', 200, ping(), { ...session, origin: ORIGIN }],
    ['no credentials', 401, ping(), { 'mcp-session-id': session['mcp-session-id'] ?? '' }],
    ['wrong credentials', 401, ping(), { ...session, 'x-api-key': 'wrong' }],
    ['wrong credentials from a page', 401, ping(), { ...session, 'x-api-key': 'wrong', origin: ORIGIN }],
    ['two credentials', 401, ping(), { ...session, authorization: [`Bearer ${ADA}`, `Bearer ${BEA}`] }],
    ['the same credentials twice', 401, ping(), { ...session, authorization: [`Bearer ${ADA}`, `Bearer ${ADA}`] }],
    ['the same key twice', 401, ping(), { ...session, 'x-api-key': [ADA, ADA] }],
    ['an unknown revision', 400, ping(), { ...session, 'mcp-protocol-version': '1999-01-01' }],
    ['malformed JSON', 400, '{"jsonrpc":', session],
    ['an empty body', 400, '', session],
    ['no message', 400, '{"id":7}', session],
    ['a batch where there are none', 200, [ping(), ping(2)], session],
    ['a batch', 200, [ping(), ping(2)], batches],
    ['an empty batch', 400, [], batches],
    ['a wrong content type', 415, ping(), { ...session, 'content-type': 'text/plain' }],
    ['another accept', 200, ping(), { ...session, accept: 'text/html' }],
    ['a body too long', 413, { ...ping(), padding: 'x'.repeat(20_000) }, session],
  ];
  for (const [what, status, body, headers] of cases) {
    const answer = await sameByBoth(address, body, headers, what);
    expect([what, answer.status, answer.headers['x-frame-options']]).toEqual([what, status, 'DENY']);
  }
});

test('a request without Host, or with an address that cannot be read, is refused with the headers of every other answer [http.one-chain]', async () => {
  const { address } = await serveHttp({});
  const { hostname, port } = new URL(address);
  const sayOnce = async (head: string) => {
    const socket = connect(Number(port), hostname);
    socket.write(`${head}\r\nconnection: close\r\n\r\n`);
    return text(socket);
  };
  for (const head of [
    'GET /api/v1/tools HTTP/1.0',
    // Its origin is of no page that may call; without Host it would pass unseen.
    'GET http://evil.example/api/v1/tools HTTP/1.0\r\norigin: https://evil.example',
    'GET /api\\v1 HTTP/1.1\r\nhost: localhost',
    'OPTIONS * HTTP/1.1\r\nhost: localhost',
  ]) {
    const said = await sayOnce(head);
    expect(said, head).toMatch(/^HTTP\/1\.1 400 /);
    expect(said, head).toMatch(/^x-frame-options: DENY\r$/im);
    expect(said, head).toMatch(/^x-request-id: [\da-f-]{36}\r$/im);
    expect(said, head).toContain('"code":"BAD_REQUEST"');
  }
});

test('requests that come too often are refused alike by both, and so is a batch [http.one-chain]', async () => {
  const { address } = await serveHttp({ ...AUTH, rateLimit: { limit: 7, windowSeconds: 600 } });
  const session = await begin(address, ADA, '2025-03-26');
  const batch = await sameByBoth(
    address,
    Array.from({ length: 7 }, (_, id) => ping(id)),
    session,
  );
  expect([batch.status, batch.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  const allowed = await sameByBoth(address, ping(), session);
  expect([allowed.status, allowed.headers['x-ratelimit-limit']]).toEqual([200, '7']);
  await waitUntil(async () => (await post(`${address}/mcp`, ping(), session)).status === 429);
  const refused = await sameByBoth(address, ping(), session);
  expect(refused.status).toBe(429);
  expect(refused.headers).toMatchObject({ 'x-ratelimit-remaining': '0', 'content-type': 'application/problem+json' });
});

test('as many requests as may be answered, and more: both refuse alike [http.one-chain]', async () => {
  const { address } = await serveHttp({ http: { maxRequests: 1 } }, { u: local() });
  const session = await begin(address);
  const slow = { ...invoke('u::sleep', { ms: 60_000 }), id: 99 };
  const add = invoke('u::add', { a: 1, b: 1 });
  const sleeping = post(`${address}/mcp`, slow, session);
  await waitUntil(async () => (await (await post(`${address}/mcp`, add, session)).text()).includes('RATE_LIMITED'));
  const refused = await sameByBoth(address, add, session);
  expect(JSON.parse(refused.body)).toMatchObject({ result: { isError: true } });
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } };
  await post(`${address}/mcp`, cancel, session);
  await (await sleeping).text();
});

test('while the gateway stops, both refuse a request of a session alike, and whatever begins anew is refused [http.one-chain]', async () => {
  const { file, events } = journal();
  const { address, gateway } = await serveHttp({ http: { stopSeconds: 30 } }, { u: local({ journal: file }) });
  const session = await begin(address);
  const slow = { ...invoke('u::sleep', { ms: 60_000 }), id: 99 };
  const sleeping = post(`${address}/mcp`, slow, session);
  await waitUntil(() => events('call').length === 1);
  const stopped = gateway.stop();
  await waitUntil(async () => (await post(`${address}/mcp`, ping(), session)).status === 503);
  const refused = await sameByBoth(address, ping(), session);
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  for (const path of ['/mcp', '/api/v1/tools', '/sse']) {
    const answer = await send(address + path, JSON.stringify(initialize()), path === '/mcp' ? {} : session);
    expect([path, answer.status, answer.headers['x-frame-options']]).toEqual([path, 503, 'DENY']);
  }
  // 2026-07-28 has no sessions: the id of one makes no request part of it.
  const modern = { ...session, 'mcp-protocol-version': MODERN_REVISION };
  expect((await send(`${address}/mcp`, JSON.stringify(ping()), modern)).headers['content-type']).toMatch(/problem/);
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } };
  await post(`${address}/mcp`, cancel, session);
  await (await sleeping).text();
  await stopped;
});

test('a refused upgrade to WebSocket has the headers of every other answer [http.one-chain]', async () => {
  const { address } = await serveHttp({ ...AUTH, corsOrigins: [ORIGIN] });
  const refusals: readonly (readonly [path: string, status: number, headers: Record<string, string>])[] = [
    ['/ws', 401, {}],
    ['/ws', 401, { origin: ORIGIN }],
    ['/ws', 403, { host: 'evil.example' }],
    ['/elsewhere', 404, { 'x-api-key': ADA }],
  ];
  for (const [path, status, headers] of refusals) {
    const socket = new WebSocket(`${address.replace('http', 'ws')}${path}`, 'mcp', { headers });
    socket.on('error', () => {});
    const [, upgrade] = await once(socket, 'unexpected-response');
    const seen = { status: upgrade.statusCode, headers: upgrade.headers, body: await text(upgrade) };
    // The answer to the same request without its offer to switch.
    const plain = await send(`${address}${path}`, '', headers);
    const { date: _date, connection: _close, ...rest } = comparable(plain).headers;
    const { connection: _closed, ...own } = comparable(seen).headers;
    expect([path, seen.status, upgrade.headers['x-frame-options']]).toEqual([path, status, 'DENY']);
    if (status !== 404) expect([own, seen.body]).toEqual([rest, plain.body]);
    expect(comparable(seen).headers['x-request-id']).toBe('new');
  }
});
