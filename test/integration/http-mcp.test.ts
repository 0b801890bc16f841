import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { connectStreamable, EventReader, initialize, post } from '../helpers/clients/streamable-client.ts';
import { edgeWithClient } from '../helpers/gateway/http-edge.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const errorIn = async (response: Response) => ({
  status: response.status,
  code: ((await response.json()) as { error: { code: number } }).error.code,
});

test('initialize opens a session; an answer that is all there is to say is plain JSON, what is no request is 202 [http.session, http.json]', async () => {
  const { client } = await edgeWithClient();
  expect(client.id).toMatch(/^[\x21-\x7e]{16,}$/);
  expect(client.greeting.result).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'mcp-gateway' } });
  const listed = await client.post(client.message('tools/list'));
  expect(listed.headers.get('content-type')).toMatch(/^application\/json/);
  expect(listed.headers.get('mcp-session-id')).toBe(client.id);
  expect(((await listed.json()) as { result: { tools: unknown[] } }).result.tools).toHaveLength(5);
  const { result } = await client.request('tools/call', {
    name: 'invoke',
    arguments: { id: 'u::add', args: { a: 1, b: 2 } },
  });
  expect(textOf(result as never)).toBe('3');
  const told = await client.notify('notifications/roots/list_changed');
  expect([told.status, await told.text()]).toEqual([202, '']);
  const answered = await client.post({ jsonrpc: '2.0', id: 'nobody asked', result: {} });
  expect([answered.status, await answered.text()]).toEqual([202, '']);
});

test.each([
  ['2025-11-25', true],
  ['2025-06-18', false],
  ['2025-03-26', false],
])(
  '%s: progress makes the answer a stream of events with ids; only 2025-11-25 is told first where it stands [http.stream]',
  async (version, isPrimed) => {
    const { client } = await edgeWithClient({}, { version });
    expect(client.greeting.result?.protocolVersion).toBe(version);
    const stream = await client.stream(client.invoke('u::progress', { steps: 3 }));
    expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = await stream.rest();
    expect(events[0]?.data === '').toBe(isPrimed);
    if (isPrimed) expect(events[0]).toMatchObject({ id: expect.any(String), retry: expect.stringMatching(/^\d+$/) });
    const messages = events.filter(({ data }) => data !== '');
    expect(messages.map(({ data }) => JSON.parse(data).params?.progress)).toEqual([1, 2, 3, undefined]);
    expect(messages.every(({ event }) => event === 'message')).toBe(true);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(JSON.parse(messages.at(-1)?.data ?? '').result.content[0].text).toBe('done after 3');
  },
);

test('2025-03-26: the requests of a batch are answered in one response, and one without requests is 202 [http.batch]', async () => {
  const { client } = await edgeWithClient({}, { version: '2025-03-26' });
  const batch = [
    client.invoke('u::add', { a: 1, b: 2 }),
    client.message('ping'),
    { ...PING, id: undefined, method: 'notifications/x' },
  ];
  const response = await client.post(batch);
  expect(response.status).toBe(200);
  const events = await new EventReader(response).rest();
  const answers = events.map(({ data }) => JSON.parse(data));
  expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([batch[0]?.id, batch[1]?.id]));
  expect((await client.post([{ jsonrpc: '2.0', method: 'notifications/x' }])).status).toBe(202);
  expect(await errorIn(await client.post([]))).toEqual({ status: 400, code: -32_600 });
});

test('what is wrong with a request is told by the status of the specification and a JSON-RPC error [http.refusals]', async () => {
  const { address } = await startHttpGateway();
  const client = await connectStreamable(address);
  const { url, id } = client;
  expect(await errorIn(await client.post(PING, { 'content-type': 'text/plain' })), 'content type').toEqual({
    status: 415,
    code: -32_000,
  });
  expect(
    await errorIn(await fetch(url, { headers: { ...client.headers, accept: 'application/json' } })),
    'accept',
  ).toEqual({ status: 406, code: -32_000 });
  expect(await errorIn(await post(url, PING)), 'no session').toEqual({ status: 400, code: -32_600 });
  expect(await errorIn(await fetch(url, { headers: { accept: 'text/event-stream' } })), 'no session').toEqual({
    status: 400,
    code: -32_600,
  });
  for (const unknown of ['nobody', `${id}x`]) {
    const headers = { 'mcp-session-id': unknown };
    expect(await errorIn(await client.post(PING, headers)), unknown).toEqual({ status: 404, code: -32_001 });
    expect((await fetch(url, { headers: { ...headers, accept: 'text/event-stream' } })).status).toBe(404);
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404);
  }
  expect(await errorIn(await client.post(PING, { 'mcp-protocol-version': '1999-01-01' })), 'version').toEqual({
    status: 400,
    code: -32_600,
  });
  expect(await errorIn(await client.post('{"jsonrpc"'))).toEqual({ status: 400, code: -32_700 });
  for (const wrong of [42, { id: 1, method: 'ping' }, { jsonrpc: '2.0', id: {}, method: 'ping' }])
    expect(await errorIn(await client.post(wrong)), JSON.stringify(wrong)).toEqual({ status: 400, code: -32_600 });
  expect(
    (await fetch(url, { headers: { ...client.headers, accept: 'text/event-stream', 'last-event-id': 's9.1' } })).status,
  ).toBe(400);
  for (const method of ['PUT', 'PATCH', 'HEAD']) {
    const refused = await fetch(url, { method, headers: client.headers });
    expect([method, refused.status, refused.headers.get('allow')]).toEqual([method, 405, 'GET, POST, DELETE']);
  }
  expect((await client.request('ping')).result).toEqual({});
});

test('DELETE ends a session, with its streams and calls [http.delete]', async () => {
  const { client } = await edgeWithClient();
  const listening = await client.listen();
  const call = await client.stream(client.invoke('u::sleep', { ms: 60_000 }));
  const deleted = await fetch(client.url, { method: 'DELETE', headers: client.headers });
  expect(deleted.status).toBe(204);
  await Promise.all([listening.rest(), call.rest()]);
  expect((await client.post(PING)).status).toBe(404);
});

test('an initialize that says nothing is refused, and takes no session [http.refusals]', async () => {
  const { address } = await startHttpGateway({ http: { maxSessions: 1 } });
  const wrong = await post(`${address}/mcp`, { ...initialize(), params: {} });
  expect(wrong.headers.get('mcp-session-id')).toBeNull();
  expect(((await wrong.json()) as { error: { code: number } }).error.code).toBe(-32_602);
  expect((await post(`${address}/mcp`, initialize())).status).toBe(200);
  const over = await post(`${address}/mcp`, initialize());
  expect([over.status, over.headers.get('retry-after')]).toEqual([503, '30']);
});

test('of two POSTs with one id the later is answered, and none is left waiting [http.same-id]', async () => {
  const { client } = await edgeWithClient();
  const call = client.invoke('u::silence', { ms: 1_000 });
  const [first, second] = await Promise.all(
    [client.stream(call), client.stream(call)].map(async (each) => (await each).rest()),
  );
  const answers = [first, second].flat().filter((event) => event?.data.includes('at last'));
  expect(answers).toHaveLength(1);
});
