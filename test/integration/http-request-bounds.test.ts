import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { EventReader, initialize, open, post } from '../helpers/clients/streamable-client.ts';
import { edgeOf } from '../helpers/gateway/http-edge.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const KEYS = ['alice', 'mallory'].map((id) => ({ key: `key-of-${id}`, id, roles: [] }));
const keyOf = (id: string) => ({ authorization: `Bearer key-of-${id}` });
/** Of four requests at one time one caller may have three. */
const SETTINGS = { auth: { strategy: 'api-key', apiKeys: KEYS }, http: { maxRequests: 4 } };
const UPSTREAM = { primitives: true, tools: ['hang', 'echo'] };
const serve = () => edgeOf(UPSTREAM, SETTINGS, keyOf('alice'));

/** What is never answered, of several methods. */
const HANGING: readonly [string, JsonObject][] = [
  ['resources/read', { uri: 'fixture://item/hang' }],
  ['prompts/get', { name: 'greet', arguments: { whom: 'hang' } }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'whom', value: 'hang' } }],
];
const READ = { uri: 'fixture://item/1' };
const SEARCH = { name: 'search', arguments: { query: 'echo' } };

/** A client of a caller: asks without waiting, and what it is answered by id. */
interface Way {
  ask(id: number, method: string, params: JsonObject): void;
  readonly answers: ReadonlyMap<unknown, Message>;
  /** The client goes, and with it what it asked for. */
  leave(): void;
}

type Open = (address: string, caller: string) => Promise<Way>;

const request = (id: number, method: string, params: JsonObject) => ({ jsonrpc: '2.0', id, method, params });

/** The message in an answer to a POST. */
async function messageIn(response: Response): Promise<Message> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return (await response.json()) as Message;
  return new EventReader(response).message(({ method }) => method === undefined);
}

function posting(send: (body: JsonObject, signal: AbortSignal) => Promise<Response>, leave = () => {}): Way {
  const answers = new Map<unknown, Message>();
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const ask = async (id: number, method: string, params: JsonObject) => {
    const message = await messageIn(await send(request(id, method, params), abort.signal));
    answers.set(id, message);
  };
  return {
    ask: (...asked) => void ask(...asked).catch(() => {}),
    answers,
    leave: () => {
      abort.abort();
      leave();
    },
  };
}

const streamable: Open = async (address, caller) => {
  const hello = await post(`${address}/mcp`, initialize(), keyOf(caller));
  await hello.text();
  const headers = { ...keyOf(caller), 'mcp-session-id': hello.headers.get('mcp-session-id') ?? '' };
  const send = (body: JsonObject) => post(`${address}/mcp`, body, headers);
  return posting(send, () => void fetch(`${address}/mcp`, { method: 'DELETE', headers }));
};

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

function postModern(address: string, caller: string, body: JsonObject, signal?: AbortSignal): Promise<Response> {
  const { method, params } = body as { method: string; params: JsonObject };
  const headers: Record<string, string> = {
    ...{ ...keyOf(caller), 'mcp-protocol-version': MODERN_REVISION, 'mcp-method': method },
    ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    ...((params.name ?? params.uri) !== undefined && { 'mcp-name': String(params.name ?? params.uri) }),
  };
  const text = JSON.stringify({ ...body, params: { ...params, _meta: META } });
  return fetch(`${address}/mcp`, { method: 'POST', headers, body: text, ...(signal && { signal }) });
}

const modern: Open = async (address, caller) => posting((body, signal) => postModern(address, caller, body, signal));

const legacy: Open = async (address, caller) => {
  const stream = await open(`${address}/sse`, { headers: keyOf(caller) });
  const { data } = await stream.next();
  const say = (body: unknown) => post(`${address}${data}`, body, keyOf(caller));
  const answers = new Map<unknown, Message>();
  await say(initialize('2024-11-05'));
  void (async () => {
    for (;;) {
      const message = await stream.message();
      answers.set(message.id, message);
    }
  })().catch(() => {});
  onTestFinished(() => stream.drop());
  return { ask: (...asked) => void say(request(...asked)), answers, leave: () => stream.drop() };
};

const socket =
  (hello: JsonObject | undefined): Open =>
  async (address, caller) => {
    const raw = new WebSocket(`${address.replace('http', 'ws')}/ws`, 'mcp', { headers: keyOf(caller) });
    onTestFinished(() => raw.terminate());
    const answers = new Map<unknown, Message>();
    raw.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      answers.set(message.id, message);
    });
    await once(raw, 'open');
    if (hello) raw.send(JSON.stringify(hello));
    const meta = hello ? {} : { _meta: META };
    const ask = (id: number, method: string, params: JsonObject) =>
      raw.send(JSON.stringify(request(id, method, { ...params, ...meta })));
    return { ask, answers, leave: () => raw.close() };
  };

let lastId = 100;

/** The answer to a request. */
async function answerOf(way: Way, method: string, params: JsonObject): Promise<Message> {
  const id = ++lastId;
  way.ask(id, method, params);
  return waitUntil(() => way.answers.get(id), { what: `an answer to ${method}` });
}

const isRefused = ({ error }: Message) => (error?.data as JsonObject | undefined)?.code === 'RATE_LIMITED';

test.each<[string, Open]>([
  ['Streamable HTTP with sessions', streamable],
  ['Streamable HTTP without', modern],
  ['HTTP+SSE', legacy],
  ['WebSocket', socket(initialize())],
  ['WebSocket, 2026-07-28', socket(undefined)],
])(
  'over %s, requests at one time are bounded by caller, whatever they ask for [shares.requests]',
  async (_, openWay) => {
    const { address } = await serve();
    const mallory = await openWay(address, 'mallory');
    HANGING.forEach(([method, params], index) => void mallory.ask(index + 1, method, params));
    await waitUntil(async () => isRefused(await answerOf(mallory, 'resources/read', READ)), {
      what: 'one more is refused',
    });
    const { error } = await answerOf(mallory, 'prompts/list', {});
    expect(error).toEqual({
      code: -32_000,
      message: expect.stringMatching(/^too many requests of yours .*http\.maxRequests, 4 .*: try again when one has/),
      data: { code: 'RATE_LIMITED', maxRequests: 4 },
    });
    const { result } = await answerOf(mallory, 'tools/call', SEARCH);
    expect(result).toMatchObject({ isError: true, _meta: { 'mcp-gateway/error': { code: 'RATE_LIMITED' } } });
    expect((await answerOf(mallory, 'tools/list', {})).result, 'what takes no time is answered').toBeDefined();
    const alice = await openWay(address, 'alice');
    expect((await answerOf(alice, 'resources/read', READ)).result).toBeDefined();

    mallory.leave();
    const again = await openWay(address, 'mallory');
    await waitUntil(async () => !isRefused(await answerOf(again, 'resources/read', READ)), {
      what: 'what was given up gives its places back',
    });
  },
);

test('levels of logging that servers are told wait at a place too [shares.requests]', async () => {
  const { address } = await serve();
  const mallory = await streamable(address, 'mallory');
  HANGING.forEach(([method, params], index) => void mallory.ask(index + 1, method, params));
  await waitUntil(async () => isRefused(await answerOf(mallory, 'logging/setLevel', { level: 'info' })), {
    what: 'it is refused',
  });
});

test('over REST too, a stream of progress holds its place to its end [shares.requests]', async () => {
  const { address } = await serve();
  const abort = new AbortController();
  const call = (caller: string, tool: string, accept = 'application/json') =>
    fetch(`${address}/api/v1/tools/call`, {
      ...{ method: 'POST', headers: { ...keyOf(caller), accept, 'content-type': 'application/json' } },
      ...{ body: JSON.stringify({ tool: `u::${tool}`, arguments: {} }), signal: abort.signal },
    });
  const streams = [1, 2, 3].map(() => call('mallory', 'hang', 'text/event-stream'));
  for (const stream of await Promise.all(streams)) expect(stream.status).toBe(200);
  const list = (caller: string) => fetch(`${address}/api/v1/tools`, { headers: keyOf(caller) });
  const refused = await list('mallory');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', maxRequests: 4 });
  expect((await list('alice')).status).toBe(200);
  abort.abort();
  await waitUntil(async () => (await list('mallory')).status === 200, { what: 'the places are given back' });
});

test('who listens holds a place, and no caller takes all [shares.requests]', async () => {
  const { address } = await serve();
  const listen = (
    caller: string,
    signal?: AbortSignal,
    params: JsonObject = { notifications: { resourcesListChanged: true } },
  ) => postModern(address, caller, request(++lastId, 'subscriptions/listen', params), signal);
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  // One that is refused for what it says holds none.
  for (let wrong = 0; wrong < 5; wrong++) await (await listen('mallory', undefined, {})).text();
  for (let each = 0; each < 3; each++) expect((await listen('mallory', abort.signal)).status).toBe(200);
  const refused = await listen('mallory');
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: { code: -32_000, data: { code: 'RATE_LIMITED' } } });
  const other = new AbortController();
  expect((await listen('alice', other.signal)).status).toBe(200);
  other.abort();
  abort.abort();
  const last = new AbortController();
  await waitUntil(async () => (await listen('mallory', last.signal)).status === 200, { what: 'places are given back' });
  last.abort();
});
