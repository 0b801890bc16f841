import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import { accepted, answering, elicit, inputRequired } from '../helpers/clients/multi-round-requests.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { textOf } from '../helpers/clients/results.ts';
import { connectStreamable, type EventReader, JSON_RPC, open } from '../helpers/clients/streamable-client.ts';
import { edgeOf } from '../helpers/gateway/http-edge.ts';
import { journal } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'modern', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
};

/** A request of 2026-07-28; its headers say what its body says, unless a test lets them lie. */
function ask(
  address: string,
  method: string,
  { _meta, ...params }: JsonObject = {},
  headers: Record<string, string | undefined> = {},
): Promise<EventReader> {
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method,
    params: { ...params, _meta: { ...ENVELOPE, ...(_meta as JsonObject) } },
  };
  const name = params.name ?? params.uri;
  const own = {
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
    ...headers,
  };
  const said = Object.entries({ ...JSON_RPC, ...own }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return open(`${address}/mcp`, { method: 'POST', headers: said, body: JSON.stringify(body) });
}

/** The answer, by whichever way it comes. */
async function answerOf(asking: Promise<EventReader>): Promise<Message & { status: number }> {
  const reader = await asking;
  const { status, headers } = reader.response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream');
  const message = isStream ? await reader.message((each) => each.method === undefined) : await reader.response.json();
  return { ...(message as Message), status };
}

const invoke = (id: string, args: JsonObject, more: JsonObject = {}) => ({
  name: 'invoke',
  arguments: { id, args },
  ...more,
});

test('without a handshake: discovery, listing, and a call with progress before its result [http.modern]', async () => {
  const { address } = await edgeOf();
  const discovered = await answerOf(ask(address, 'server/discover'));
  expect(discovered.result).toMatchObject({
    supportedVersions: expect.arrayContaining([MODERN_REVISION]),
    capabilities: { tools: {} },
  });
  expect((await answerOf(ask(address, 'tools/list'))).result?.tools).toHaveLength(5);
  const called = await ask(
    address,
    'tools/call',
    invoke('u::progress', { steps: 3, ms: 50 }, { _meta: { progressToken: 'p' } }),
  );
  expect(called.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(called.response.headers.has('mcp-session-id')).toBe(false);
  const messages = (await called.rest())
    .filter(({ data }) => data !== '')
    .map(({ data }) => JSON.parse(data) as Message);
  expect(messages.flatMap(({ params }) => params?.progress ?? [])).toEqual([1, 2, 3]);
  expect(textOf(messages.at(-1)?.result as never)).toBe('done after 3');
});

test('headers must say what the body says; a version that is not served is told with those that are [http.modern-headers]', async () => {
  const { address } = await edgeOf();
  for (const headers of [
    { 'mcp-method': 'tools/call' },
    { 'mcp-method': undefined },
    { 'mcp-protocol-version': '2025-11-25' },
  ]) {
    const { status, error } = await answerOf(ask(address, 'tools/list', {}, headers));
    expect([headers, status, error?.code]).toEqual([headers, 400, -32_020]);
  }
  const misnamed = await answerOf(
    ask(address, 'tools/call', invoke('u::add', { a: 1, b: 1 }), { 'mcp-name': 'search' }),
  );
  expect([misnamed.status, misnamed.error?.code]).toEqual([400, -32_020]);
  const version = '2099-01-01';
  const _meta = { 'io.modelcontextprotocol/protocolVersion': version };
  const data = { requested: version, supported: expect.arrayContaining([MODERN_REVISION]) };
  const unsupported = await answerOf(ask(address, 'tools/list', { _meta }, { 'mcp-protocol-version': version }));
  expect(unsupported).toMatchObject({ status: 400, error: { code: -32_022, data } });
});

test('errors have the codes of whoever made them [http.modern-errors]', async () => {
  const { address } = await edgeOf({ primitives: true });
  const missing = await answerOf(ask(address, 'resources/read', { uri: 'fixture://item/missing' }));
  expect(missing.error).toMatchObject({
    code: -32_002,
    message: 'No such thing',
    data: { uri: 'fixture://item/missing' },
  });
  const prompt = await answerOf(ask(address, 'prompts/get', { name: 'nothing' }));
  expect(prompt.error?.code).toBe(-32_602);
  const unknown = await answerOf(ask(address, 'no/such/method'));
  expect(unknown.error?.code).toBe(-32_601);
  const refused = await answerOf(
    ask(address, 'tools/call', invoke('u::refuse', { error: { code: -32_050, message: 'no' } })),
  );
  expect(refused.result).toMatchObject({
    _meta: { 'mcp-gateway/error': { upstream: { code: -32_050, message: 'no' } } },
  });
});

test('a question comes as a result, and its answer with the next request [http.modern-questions]', async () => {
  const { address } = await edgeOf();
  const call = invoke('u::ask', { rounds: [{ q: elicit('who are you?') }] });
  const asked = inputRequired(await answerOf(ask(address, 'tools/call', call)));
  const more = answering(asked, () => accepted('Ada'));
  const { result } = await answerOf(ask(address, 'tools/call', { ...call, ...more }));
  expect(JSON.parse(textOf(result as never))).toEqual([{ q: accepted('Ada') }]);
});

test('the end of its stream cancels a call [http.modern-cancel]', async () => {
  const { file, events } = journal();
  const { address } = await edgeOf({ journal: file });
  const asking = new AbortController();
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { ...invoke('u::sleep', { ms: 60_000 }), _meta: ENVELOPE },
  };
  const headers = {
    ...JSON_RPC,
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': 'tools/call',
    'mcp-name': 'invoke',
  };
  const dropped = fetch(`${address}/mcp`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: asking.signal,
  });
  dropped.catch(() => {});
  await waitUntil(() => events('call').length === 1, { what: 'the call has arrived' });
  asking.abort();
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
});

test('changed lists are told to who listens, and both eras live side by side [http.eras-together]', async () => {
  const { address } = await edgeOf({ primitives: true });
  const listening = await ask(address, 'subscriptions/listen', { notifications: { resourcesListChanged: true } });
  const acknowledged = await listening.message();
  expect(acknowledged.method).toBe('notifications/subscriptions/acknowledged');
  const old = await connectStreamable(address, { version: '2025-06-18' });
  await old.request('tools/call', invoke('u::add_resource', { uri: 'fixture://new' }));
  const told = await listening.message();
  expect(told.method).toBe('notifications/resources/list_changed');
});

const OF_CLIENT = 'io.modelcontextprotocol/';

test('what a client says of itself may be null, and is refused in words where it is no such thing [edge.nulls, edge.envelope]', async () => {
  const { address } = await edgeOf();
  const list = (_meta: JsonObject) => answerOf(ask(address, 'tools/list', { _meta }));
  for (const said of [
    { clientInfo: null },
    { clientCapabilities: null },
    { logLevel: null },
    { clientInfo: null, clientCapabilities: null, logLevel: null },
    { clientInfo: { name: 'a', version: '1', title: null, icons: null } },
    { clientCapabilities: { roots: null, elicitation: { form: null, url: null }, extensions: { 'a/b': null } } },
  ] as JsonObject[]) {
    const meta = Object.fromEntries(Object.entries(said).map(([key, value]) => [OF_CLIENT + key, value]));
    expect(await list(meta), JSON.stringify(said)).toMatchObject({ status: 200, result: { tools: expect.anything() } });
  }
  for (const [key, value, told] of [
    ['clientInfo', 'me', 'clientInfo: expected an object'],
    ['clientInfo', { name: 'me', version: 1 }, 'clientInfo.version: expected a string'],
    ['clientInfo', { name: null, version: '1' }, 'clientInfo.name: expected a string'],
    ['clientCapabilities', [], 'clientCapabilities: expected an object'],
    ['clientCapabilities', { roots: true }, 'clientCapabilities.roots: expected an object'],
    ['logLevel', 'loud', 'logLevel: expected one of debug, info, notice'],
    ['protocolVersion', null, 'protocolVersion: expected a string'],
  ] as const) {
    const answer = await list({ [OF_CLIENT + key]: value });
    expect(answer).toMatchObject({ status: 400, error: { code: -32_602 } });
    expect(answer.error?.message).toContain(`Invalid params: _meta: ${OF_CLIENT}${told}`);
    expect(answer.error).not.toHaveProperty('data');
  }
});

test('slashes beside each other are one, on every route [edge.slash]', async () => {
  const { address } = await edgeOf();
  for (const path of ['//mcp', '/mcp//', '///mcp/', '//api//v1///tools', '/health//', '//sse/', '//', '//ws'])
    expect((await fetch(`${address}${path}`, { method: 'HEAD' })).status, path).not.toBe(404);
  const asked = ask(`${address}/`, 'tools/list');
  expect(await answerOf(asked)).toMatchObject({ status: 200, result: { tools: expect.anything() } });
  expect((await fetch(`${address}//mcpx`)).status).toBe(404);
  const socket = new WebSocket(`${address.replace('http', 'ws')}//ws/`, 'mcp');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
});
