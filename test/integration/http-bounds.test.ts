import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { EventReader, initialize, open, post } from '../helpers/clients/streamable-client.ts';
import { edgeOf } from '../helpers/gateway/http-edge.ts';
import { type HttpGateway, startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const DEEP = fileURLToPath(new URL('../fixtures/deep.mjs', import.meta.url));
const ENTRY = { type: 'local' as const, command: [process.execPath, DEEP] };
const KEYS = ['alice', 'mallory'].map((id) => ({ key: `key-of-${id}`, id, roles: id === 'alice' ? ['admin'] : [] }));
const keyOf = (id: string) => ({ authorization: `Bearer key-of-${id}` });
const AUTH = { auth: { strategy: 'api-key', apiKeys: KEYS } };
const ping = (id: number): JsonObject => ({ jsonrpc: '2.0', id, method: 'ping' });
const pings = (count: number) => Array.from({ length: count }, (_, index) => ping(index + 10));

/** A session of Streamable HTTP of a caller; what is POSTed in it. */
async function sessionOf(address: string, id: string, version = '2025-11-25') {
  const response = await post(`${address}/mcp`, initialize(version), keyOf(id));
  await response.text();
  const headers = { ...keyOf(id), 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' };
  return { status: response.status, headers, post: (body: unknown) => post(`${address}/mcp`, body, headers) };
}

async function socketOf(address: string, id: string): Promise<{ raw: WebSocket; received: Message[] }> {
  const raw = new WebSocket(`${address.replace('http', 'ws')}/ws/`, 'mcp', { headers: keyOf(id) });
  const received: Message[] = [];
  raw.on('message', (data) => received.push(JSON.parse(String(data)) as Message));
  onTestFinished(() => raw.terminate());
  await once(raw, 'open');
  return { raw, received };
}

/** How many of their messages are still allowed, by the headers of an answer. */
async function left(address: string, id: string): Promise<number> {
  const { headers } = await fetch(`${address}/api/v1/servers`, { headers: keyOf(id) });
  return Number(headers.get('x-ratelimit-remaining'));
}

test('every message of a batch or frame counts, all or none, and batches are of one revision [edge.batch-cost, edge.batch-bound]', async () => {
  const rateLimit = { limit: 200, windowSeconds: 600 };
  const { address } = await startHttpGateway({ ...AUTH, rateLimit });
  const old = await sessionOf(address, 'mallory', '2025-03-26');
  const before = await left(address, 'mallory');
  const taken = await old.post(pings(50));
  expect([taken.status, (await new EventReader(taken).rest()).length]).toEqual([200, 50]);
  expect(before - (await left(address, 'mallory'))).toBe(51);
  const tooLong = await old.post(pings(51));
  expect([tooLong.status, ((await tooLong.json()) as Message).error?.code]).toEqual([400, -32_600]);
  const newer = await sessionOf(address, 'alice', '2025-06-18');
  const refused = (await (await newer.post(pings(2))).json()) as Message;
  expect([refused.id, refused.error?.code]).toEqual([null, -32_600]);
  const modern = await post(`${address}/mcp`, pings(2), { ...keyOf('alice'), 'mcp-protocol-version': MODERN_REVISION });
  expect(modern.status).toBe(400);

  const { raw, received } = await socketOf(address, 'alice');
  raw.send(JSON.stringify(pings(3)));
  await waitUntil(() => received.length === 3, { what: 'each request of the batch is refused' });
  expect(received.every(({ error }) => error?.code === -32_600)).toBe(true);
  raw.send(JSON.stringify(initialize('2025-03-26')));
  await waitUntil(() => received.some(({ result }) => result), { what: 'the greeting' });
  for (let frames = 0; frames < 4; frames++)
    raw.send(JSON.stringify(pings(40).map((each, index) => ({ ...each, id: `${frames}.${index}` }))));
  const ofFrame = (frame: number) => received.filter(({ id }) => String(id).startsWith(`${frame}.`));
  await waitUntil(() => [0, 1, 2, 3].every((frame) => ofFrame(frame).length === 40), { what: 'all are answered' });
  for (const frame of [0, 1, 2, 3])
    expect(new Set(ofFrame(frame).map(({ error }) => error?.message)).size, 'all or none').toBe(1);

  for (let batches = 0; ; batches++) {
    const now = await left(address, 'mallory');
    const response = await old.post(pings(50));
    const answer = await response.text();
    if (response.status === 200) continue;
    expect([response.status, JSON.parse(answer).error.data.code, batches]).toEqual([429, 'RATE_LIMITED', 2]);
    expect(now - (await left(address, 'mallory')), 'only what asks for the rest').toBe(1);
    break;
  }
});

test('legacy streams count a batch as HTTP does [edge.batch-cost]', async () => {
  const { address } = await startHttpGateway({ ...AUTH, rateLimit: { limit: 20, windowSeconds: 600 } });
  const stream = await open(`${address}/sse/`, { headers: keyOf('alice') });
  const { data } = await stream.next();
  const say = (body: unknown) => post(`${address}${data}`, body, keyOf('alice'));
  await say(initialize('2025-03-26'));
  expect((await say(pings(30))).status).toBe(429);
  expect((await say(pings(10))).status).toBe(202);
});

const call = (args: JsonObject, id = 5): JsonObject => ({
  ...{ jsonrpc: '2.0', id, method: 'tools/call' },
  params: { name: 'invoke', arguments: { id: 'u::answer', args } },
});

test('a result that cannot be written is an error at every door [edge.unwritable]', async () => {
  const { address } = await edgeOf(ENTRY, AUTH, keyOf('alice'));
  const args = { levels: 9_000 };
  const session = await sessionOf(address, 'alice', '2025-03-26');
  const plain = (await (await session.post(call(args))).json()) as Message;
  expect([plain.id, JSON.stringify(plain)]).toEqual([5, expect.stringMatching(/JSON|deep|nested/)]);
  expect(JSON.stringify(await new EventReader(await session.post([call(args)])).message())).toMatch(/JSON|deep|nested/);
  const { raw, received } = await socketOf(address, 'alice');
  raw.send(JSON.stringify(call(args, 6)));
  await waitUntil(() => received.some(({ id }) => id === 6), { what: 'an answer over WebSocket' });
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const { params, ...rest } = call(args, 7) as { params: JsonObject };
  const headers = {
    ...keyOf('alice'),
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': 'tools/call',
    'mcp-name': 'invoke',
  };
  const modern = await post(`${address}/mcp`, { ...rest, params: { ...params, _meta: meta } }, headers);
  expect(await modern.text()).toMatch(/JSON|deep|nested/);
  const body = { tool: 'u::answer', arguments: args };
  const rest1 = await post(`${address}/api/v1/tools/call`, body, keyOf('alice'));
  expect([rest1.status, await rest1.text()]).toEqual([502, expect.stringContaining('UPSTREAM_ERROR')]);
  const streamed = await post(`${address}/api/v1/tools/call`, body, { ...keyOf('alice'), accept: 'text/event-stream' });
  expect(await streamed.text()).toContain('UPSTREAM_ERROR');
  const started = await post(`${address}/api/v1/jobs/`, body, keyOf('alice'));
  const { jobId } = (await started.json()) as { jobId: string };
  const job = await fetch(`${address}/api/v1/jobs/${jobId}/?waitMs=20000`, { headers: keyOf('alice') });
  expect(await job.json()).toMatchObject({ status: 'failed', error: { code: 'UPSTREAM_ERROR' } });
});

test('one caller with every session leaves one to another, whose socket closes with a reason [shares.sessions, edge.reason]', async () => {
  const { address } = await startHttpGateway({ ...AUTH, http: { maxSessions: 4 } });
  const first = await socketOf(address, 'mallory');
  const closed = once(first.raw, 'close');
  for (let session = 0; session < 3; session++) await socketOf(address, 'mallory');
  expect((await sessionOf(address, 'mallory')).status, 'nothing is taken from oneself').toBe(503);
  expect((await sessionOf(address, 'alice')).status).toBe(200);
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([1013, expect.stringContaining('sessions')]);
});

test('which tools others call only an admin sees; slashes, dead sessions and wrong methods [edge.tool-metrics, edge.slash, edge.hello-again, edge.method]', async () => {
  const { address } = await edgeOf(ENTRY, AUTH, keyOf('alice'));
  const session = await sessionOf(address, 'alice');
  await (await session.post(call({}))).text();
  const text = async (path: string, id: string) => (await fetch(`${address}${path}`, { headers: keyOf(id) })).text();
  for (const path of ['/metrics', '/metrics/', '/api/v1/metrics']) {
    expect(await text(path, 'alice')).toContain('answer');
    expect(await text(path, 'mallory')).not.toContain('answer');
  }
  expect(await text('/metrics', 'mallory')).toContain('mcp_gateway_calls_total{outcome="ok"} 1');
  const again = await post(`${address}/mcp/`, initialize(), { ...keyOf('alice'), 'mcp-session-id': 'dead' });
  expect([again.status, again.headers.get('mcp-session-id')]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect((await session.post(initialize())).status, 'a session that lives').toBe(400);
  const wrong = [
    ['GET', '/api/v1/tools/call', 'POST'],
    ['DELETE', '/api/v1/jobs', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['GET', '/messages/', 'POST'],
    ['PUT', '/sse', 'GET, HEAD'],
  ] as const;
  for (const [method, path, allow] of wrong) {
    const response = await fetch(`${address}${path}`, { method, headers: keyOf('alice') });
    expect([response.status, response.headers.get('allow')], `${method} ${path}`).toEqual([405, allow]);
  }
  const api = JSON.parse(await text('/api/v1/openapi.json', 'alice')) as { security: unknown };
  expect(api.security).toEqual([{ bearer: [] }, { apiKey: [] }]);
});

test('null is absent wherever something is optional [edge.nulls]', async () => {
  const { address } = await edgeOf(ENTRY, AUTH, keyOf('alice'));
  const session = await sessionOf(address, 'alice');
  const requests: [string, unknown][] = [
    ['tools/list', null],
    ['tools/list', { cursor: null }],
    ['resources/list', { cursor: null, _meta: null }],
    ['tools/call', { name: 'search', arguments: null, _meta: { progressToken: null } }],
    ['tools/call', { name: 'invoke', arguments: { id: 'u::answer', args: null, timeoutMs: null } }],
    [
      'tools/call',
      {
        name: 'search',
        arguments: { query: 'a', filters: { server: null, tags: null, readOnly: null }, offset: null },
      },
    ],
    ['tools/call', { name: 'search', arguments: { query: 'a', filters: { server: '', tags: 'None' } } }],
  ];
  for (const [method, params] of requests) {
    const answer = (await (await session.post({ jsonrpc: '2.0', id: 1, method, params })).json()) as Message;
    expect(answer.result, JSON.stringify([method, params, answer])).toBeDefined();
    expect(answer.result?.isError).toBeUndefined();
  }
  const nothing = { arguments: null, timeoutMs: null, server: null };
  const ask = (path: string, body: JsonObject) => post(`${address}/api/v1/${path}`, body, keyOf('alice'));
  expect((await ask('tools/call', { tool: 'u::answer', ...nothing })).status).toBe(200);
  expect((await ask('jobs', { tool: 'u::answer', ...nothing, priority: null })).status).toBe(202);
  const wrong = (await (await ask('jobs', { tool: null, more: null })).json()) as { errors: { pointer: string }[] };
  expect(wrong.errors.map(({ pointer }) => pointer).sort()).toEqual(['#/more', '#/tool']);
  for (const params of [
    { capabilities: null },
    { clientInfo: null },
    { capabilities: null, clientInfo: null, _meta: null },
  ]) {
    const hello = initialize();
    const greeted = await post(
      `${address}/mcp`,
      { ...hello, params: { ...(hello.params as JsonObject), ...params } },
      keyOf('alice'),
    );
    expect(await greeted.text()).toContain('"serverInfo"');
  }
});

// The second is answered by the app, past the fast path.
test.each(['/mcp', '/mcp/'])(
  'answers of %s that a caller does not read are cut, and others are served meanwhile [edge.unread]',
  async (path) => {
    const { address, port } = await edgeOf(ENTRY, AUTH, keyOf('alice'));
    const session = await sessionOf(address, 'mallory');
    const sockets = Array.from({ length: 4 }, (_, id) => unreadCall({ port, path, headers: session.headers, id }));
    // One that does not read hears of its end by what it writes.
    const isCut = () => {
      for (const socket of sockets) socket.write('\r\n');
      return sockets.some(({ destroyed }) => destroyed);
    };
    await waitUntil(isCut, { what: 'one of them is cut', timeoutMs: 25_000 });
    const alice = await sessionOf(address, 'alice');
    expect((await alice.post(call({ bytes: 1_000_000 }))).status).toBe(200);
  },
);

interface Unread {
  readonly port: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly id: number;
}

/** Calls for 30 MB that are never read. */
function unreadCall({ port, path, headers, id }: Unread) {
  const body = JSON.stringify(call({ bytes: 30_000_000 }, id));
  const lines = Object.entries({
    ...headers,
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': body.length,
  });
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
  return socket;
}

test('calls at one time are bounded, with room for others [shares.calls]', async () => {
  const gateway: HttpGateway = await edgeOf(
    { tools: ['hang', 'echo'] },
    { ...AUTH, http: { maxCalls: 4 } },
    keyOf('alice'),
  );
  const session = await sessionOf(gateway.address, 'mallory');
  const hang = { name: 'invoke', arguments: { id: 'u::hang', args: {} } };
  const hanging = (id: number) => session.post({ jsonrpc: '2.0', id, method: 'tools/call', params: hang });
  for (let id = 1; id <= 3; id++) void hanging(id).catch(() => {});
  await waitUntil(
    async () => {
      const response = await post(
        `${gateway.address}/api/v1/tools/call`,
        { tool: 'u::echo', arguments: {} },
        keyOf('mallory'),
      );
      await response.text();
      return response.status === 429;
    },
    { what: 'one more call of mallory is refused' },
  );
  const other = await post(`${gateway.address}/api/v1/tools/call`, { tool: 'u::echo', arguments: {} }, keyOf('alice'));
  expect(other.status).toBe(200);
});
