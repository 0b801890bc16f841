import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import { serveHttp } from '../helpers/clients/http-clients.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { textOf } from '../helpers/clients/results.ts';
import { initialize, post } from '../helpers/clients/streamable-client.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { edgeOf } from '../helpers/gateway/http-edge.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const KEY = 'a-key-for-tests';
const AUTH = { auth: { strategy: 'api-key', apiKeys: [KEY] } };

/** A WebSocket by hand: what it sends comes back by id. */
class Socket {
  readonly raw: WebSocket;
  readonly received: Message[] = [];
  #lastId = 0;

  constructor({ address }: { readonly address: string }, headers: Record<string, string> = {}, path = '/ws') {
    this.raw = new WebSocket(`${address.replace('http', 'ws')}${path}`, 'mcp', { headers });
    this.raw.on('message', (data) => this.received.push(JSON.parse(String(data)) as Message));
    onTestFinished(() => this.raw.terminate());
  }

  async opened(): Promise<this> {
    await once(this.raw, 'open');
    return this;
  }

  send(message: JsonObject | string): void {
    this.raw.send(typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  request(method: string, params: JsonObject = {}): Promise<Message> {
    const id = ++this.#lastId;
    this.send({ id, method, params });
    return waitUntil(() => this.received.find((message) => message.id === id), { what: `an answer to ${method}` });
  }

  invoke(id: string, args: JsonObject, _meta: JsonObject = {}): Promise<Message> {
    return this.request('tools/call', { name: 'invoke', arguments: { id, args }, _meta });
  }
}

/** The status with which an upgrade is refused, and its headers. */
async function refusal(socket: Socket): Promise<{ status: number | undefined; headers: JsonObject }> {
  socket.raw.on('error', () => {});
  const [, response] = await once(socket.raw, 'unexpected-response');
  return { status: response.statusCode, headers: response.headers };
}

test('both eras are served at /ws, with progress before the answer [http.ws]', async () => {
  const gateway = await edgeOf();
  const old = await new Socket(gateway).opened();
  expect(old.raw.protocol).toBe('mcp');
  const { params } = initialize() as { params: JsonObject };
  expect((await old.request('initialize', params)).result).toMatchObject({ protocolVersion: '2025-11-25' });
  old.send({ method: 'notifications/initialized' });
  const { result } = await old.invoke('u::progress', { steps: 2 }, { progressToken: 'p' });
  expect(textOf(result as never)).toBe('done after 2');
  expect(old.received.flatMap(({ params }) => params?.progress ?? [])).toEqual([1, 2]);
  const modern = await new Socket(gateway).opened();
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'ws', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const discovered = await modern.request('server/discover', { _meta: envelope });
  expect(discovered.result?.supportedVersions).toContain(MODERN_REVISION);
  expect(textOf((await modern.invoke('u::add', { a: 2, b: 3 }, envelope)).result as never)).toBe('5');
  const wrong = { ...envelope, 'io.modelcontextprotocol/protocolVersion': '1999-01-01' };
  expect((await modern.request('tools/list', { _meta: wrong })).error).toMatchObject({ code: -32_022 });
});

test('what is no message is answered with its error, and the connection goes on [http.ws-faults]', async () => {
  const gateway = await startHttpGateway({ http: { maxBodyBytes: 10_000 } });
  const socket = await new Socket(gateway).opened();
  socket.send('{"jsonrpc"');
  await waitUntil(() => socket.received[0]);
  expect(socket.received[0]).toMatchObject({ id: null, error: { code: -32_700 } });
  socket.send('{"id": 7, "method": "ping"}');
  await waitUntil(() => socket.received[1]);
  expect(socket.received[1]).toMatchObject({ id: 7, error: { code: -32_600 } });
  expect((await socket.request('ping')).result).toEqual({});
  socket.raw.ping();
  await once(socket.raw, 'pong');
  socket.send('x'.repeat(10_001));
  const [code] = await once(socket.raw, 'close');
  expect(code, 'message too big').toBe(1009);
});

test('a changed http.maxBodyBytes counts for new WebSockets; open ones keep theirs [http.ws-limit]', async () => {
  const gateway = await serveHttp({ http: { maxBodyBytes: 10_000 } });
  const message = { id: 7, method: 'ping', params: { _meta: { padding: 'x'.repeat(2_000) } } };
  const before = await new Socket(gateway).opened();
  gateway.write({ http: { maxBodyBytes: 1_000 } });
  const longer = { ...initialize(), padding: 'x'.repeat(2_000) };
  await waitUntil(async () => (await post(`${gateway.address}/mcp`, longer)).status === 413, { what: 'the new limit' });
  const after = await new Socket(gateway).opened();
  after.send(message);
  const [code] = await Promise.race([once(after.raw, 'close'), once(after.raw, 'message')]);
  expect(code, 'message too big').toBe(1009);
  before.send(message);
  await waitUntil(() => before.received.find(({ id }) => id === 7), { what: 'an answer to a longer message' });
});

test('an upgrade passes the gate: key, host and origin [http.ws-gate]', async () => {
  const gateway = await startHttpGateway(AUTH);
  const bearer = { authorization: `Bearer ${KEY}` };
  const without = await refusal(new Socket(gateway));
  expect(without).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': expect.stringMatching(/^Bearer realm=/) },
  });
  expect((await refusal(new Socket(gateway, { authorization: 'Bearer wrong' }))).status).toBe(401);
  expect((await refusal(new Socket(gateway, { ...bearer, host: 'evil.example' }))).status).toBe(403);
  expect((await refusal(new Socket(gateway, { ...bearer, origin: 'https://evil.example' }))).status).toBe(403);
  expect((await refusal(new Socket(gateway, bearer, '/mcp'))).status).toBe(404);
  const admitted = await new Socket(gateway, bearer).opened();
  expect((await admitted.request('ping')).result).toEqual({});
  const plain = await fetch(`${gateway.address}/ws`, { headers: bearer });
  expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket']);
});

test('beyond maxSessions a socket is closed with 1013; a place is free when one has gone [http.ws-full]', async () => {
  const gateway = await startHttpGateway({ http: { maxSessions: 1 } });
  const first = await new Socket(gateway).opened();
  const [code] = await once(new Socket(gateway).raw, 'close');
  expect(code).toBe(1013);
  first.raw.close();
  await once(first.raw, 'close');
  const answers = async () => {
    const socket = new Socket(gateway);
    const [event] = await Promise.race([
      once(socket.raw, 'close').then(() => ['closed']),
      socket
        .opened()
        .then(() => socket.request('ping'))
        .then(() => ['pong']),
    ]);
    return event === 'pong';
  };
  await waitUntil(answers, { what: 'a new socket is served' });
});

test.each([
  ['http', '/mcp'],
  ['http', '/sse'],
  ['ws', '/ws'],
])(
  'a gateway before a gateway: calls, progress, errors and cancellation over %s %s [http.chain]',
  async (scheme, path) => {
    const inner = await edgeOf({ instructions: 'inner' }, AUTH, { authorization: `Bearer ${KEY}` });
    const url = `${inner.address.replace('http', scheme)}${path}`;
    const far = { type: 'remote', url, headers: { Authorization: `Bearer ${KEY}` } };
    const outer = await startGateway({ config: { far }, sdk: 'raw' });
    await outer.knows('far::invoke');
    const through = (id: string, args: JsonObject, options?: Parameters<typeof outer.invoke>[2]) =>
      outer.invoke('far::invoke', { id: `u::${id}`, args }, options);
    expect(textOf(await through('add', { a: 1, b: 2 }))).toBe('3');
    expect(await through('structured', { city: 'Oslo' })).toMatchObject({
      structuredContent: { city: 'Oslo', celsius: 21 },
      _meta: { 'fixture/source': 'station-7' },
    });
    const seen: number[] = [];
    await through('progress', { steps: 3 }, { onProgress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
    expect((await through('fail', { text: 'no' })).isError).toBe(true);
    await through('sleep', { ms: 60_000 }, { rest: { timeoutMs: 300 } });
    const cancelled = async () => JSON.parse(textOf(await through('last_cancel', {})));
    await waitUntil(async () => (await cancelled())?.tool === 'sleep', { what: 'the innermost server hears of it' });
  },
);
