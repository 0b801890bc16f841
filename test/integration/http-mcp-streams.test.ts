import { once } from 'node:events';
import { connect } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished, test } from 'vitest';
import type { ToolResult } from '../../src/core/call.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { accepted, elicit } from '../helpers/clients/multi-round-requests.ts';
import { blocks, textOf } from '../helpers/clients/results.ts';
import { EventReader, initialize, type SentEvent } from '../helpers/clients/streamable-client.ts';
import { edgeOf, edgeWithClient } from '../helpers/gateway/http-edge.ts';
import type { HttpGateway } from '../helpers/gateway/http-gateway.ts';
import { journal } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const STEPS = 40;
const ALL = [...Array.from({ length: STEPS }, (_, index) => index + 1), undefined];
const progressIn = ({ data }: SentEvent) => JSON.parse(data).params?.progress as number | undefined;

async function take(stream: EventReader, count: number): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  while (events.length < count) {
    const event = await stream.next();
    if (event.data !== '') events.push(event);
  }
  return events;
}

/** Waits until so many calls have ended. */
async function ended({ address }: HttpGateway, calls = 1): Promise<void> {
  const records = async () =>
    ((await (await fetch(`${address}/api/v1/requests`)).json()) as { requests: unknown[] }).requests;
  await waitUntil(async () => (await records()).length >= calls, { what: 'the call has ended' });
}

test('a client that drops mid-stream comes back for exactly the rest, as often as it drops [http.resume]', async () => {
  const { client } = await edgeWithClient();
  const first = await client.stream(client.invoke('u::progress', { steps: STEPS, ms: 25 }));
  const seen = await take(first, 3);
  first.drop();
  for (const count of [1, 4, 2]) {
    const again = await client.listen(seen.at(-1)?.id);
    seen.push(...(await take(again, count)));
    again.drop();
  }
  const last = await client.listen(seen.at(-1)?.id);
  seen.push(...(await last.rest()));
  expect(seen.map(progressIn)).toEqual(ALL);
});

test('what was sent after the drop can be had when the call has ended, from any event on [http.resume]', async () => {
  const { client, gateway } = await edgeWithClient();
  const stream = await client.stream(client.invoke('u::progress', { steps: STEPS, ms: 5 }));
  const primer = await stream.next();
  const [one] = await take(stream, 1);
  stream.drop();
  await ended(gateway);
  for (let round = 0; round < 2; round++) {
    const rest = await (await client.listen(one?.id)).rest();
    expect(rest.map(progressIn)).toEqual(ALL.slice(1));
    expect((await (await client.listen(primer.id)).rest()).map(progressIn)).toEqual(ALL);
  }
});

test('a dropped POST cancels nothing; notifications/cancelled does, and ends the POST [http.drop, http.cancel]', async () => {
  const { file, events } = journal();
  const { client } = await edgeWithClient({ journal: file });
  const dropped = await client.stream(client.invoke('u::silence', { ms: 1_500 }));
  const { id } = await dropped.next();
  dropped.drop();
  const [answer] = await (await client.listen(id)).rest();
  expect(JSON.parse(answer?.data ?? '{}').result.content[0].text).toBe('at last');
  expect(events('cancelled')).toEqual([]);
  const message = client.invoke('u::sleep', { ms: 60_000 });
  const streamed = await client.stream(message);
  expect((await client.notify('notifications/cancelled', { requestId: message.id, reason: 'enough' })).status).toBe(
    202,
  );
  expect((await streamed.rest()).filter(({ data }) => data !== '')).toEqual([]);
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
  expect(events('cancelled')[0]).toMatchObject({ tool: 'sleep', reason: 'enough' });
});

test('changed lists come over the stream of GET [http.listen]', async () => {
  const { client } = await edgeWithClient({ primitives: true });
  const listening = await client.listen();
  expect(listening.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const { result } = await client.request('resources/list');
  expect(result?.resources).toHaveLength(2);
  await client.request('tools/call', {
    name: 'invoke',
    arguments: { id: 'u::add_resource', args: { uri: 'fixture://new' } },
  });
  await listening.message(({ method }) => method === 'notifications/resources/list_changed');
  expect((await client.request('resources/list')).result?.resources).toHaveLength(3);
});

test('the question of a job comes over the stream of GET, that of a call over its own [http.listen, http.questions]', async () => {
  const { client } = await edgeWithClient({}, { capabilities: { elicitation: { form: {} } } });
  const listening = await client.listen();
  const ask = (message: string) => ({ rounds: [{ q: elicit(message) }] });
  const job = await client.request('tools/call', {
    name: 'invoke_async',
    arguments: { id: 'u::ask', args: ask('of a job') },
  });
  const { jobId } = JSON.parse(textOf(job.result as never)) as { jobId: string };
  const asked = await listening.message(({ method }) => method === 'elicitation/create');
  expect(asked.params?.message).toBe('of a job');
  await client.post({ jsonrpc: '2.0', id: asked.id, result: accepted('Ada') });
  const status = async () =>
    (await client.request('tools/call', { name: 'job_status', arguments: { jobId, waitMs: 5_000 } })).result as never;
  const done = await waitUntil(async () => blocks(await status())[1], { what: 'the job has ended' });
  expect(JSON.parse(String((done as JsonObject).text))).toEqual([{ q: accepted('Ada') }]);
  const call = await client.stream(client.invoke('u::ask', ask('of a call')));
  const own = await call.message();
  expect(own).toMatchObject({ method: 'elicitation/create', params: { message: 'of a call' } });
  await client.post({ jsonrpc: '2.0', id: own.id, result: accepted('Bea') });
  const answer = await call.message();
  expect(JSON.parse(textOf(answer.result as never))).toEqual([{ q: accepted('Bea') }]);
});

test('an SDK 1.x client resumes a call by its token in a new connection [http.resume-sdk]', async () => {
  const gateway = await edgeOf();
  const url = new URL(`${gateway.address}/mcp`);
  const before = new StreamableHTTPClientTransport(url);
  const first = new Client({ name: 'resuming', version: '1' });
  first.onerror = () => {};
  await first.connect(before);
  let token: string | undefined;
  const params = { name: 'invoke', arguments: { id: 'u::progress', args: { steps: 30, ms: 30 } } };
  const call = first.request({ method: 'tools/call', params }, CallToolResultSchema, {
    onprogress: () => {},
    onresumptiontoken: (given: string) => {
      token = given;
    },
  });
  call.catch(() => {});
  await waitUntil(() => token, { what: 'a token' });
  const { sessionId, protocolVersion } = before;
  await first.close();
  await expect(call).rejects.toThrow();
  const after = new StreamableHTTPClientTransport(url, { sessionId });
  if (protocolVersion) after.setProtocolVersion(protocolVersion);
  const second = new Client({ name: 'resuming', version: '1' });
  onTestFinished(() => second.close());
  await second.connect(after);
  const result = await second.request({ method: 'tools/call', params }, CallToolResultSchema, {
    resumptionToken: token,
  });
  expect(result.content).toEqual([{ type: 'text', text: 'done after 30' }]);
  await ended(gateway);
  const { requests } = (await (await fetch(`${gateway.address}/api/v1/requests`)).json()) as { requests: unknown[] };
  expect(requests, 'calls of the tool').toHaveLength(1);
});

test.each([1, 12])('%d MB pass whole, as JSON and as an event [http.large]', async (megabytes) => {
  const { client } = await edgeWithClient({}, { version: '2025-03-26' });
  const bytes = megabytes * 1024 * 1024;
  const { result } = await client.request('tools/call', {
    name: 'invoke',
    arguments: { id: 'u::big', args: { bytes } },
  });
  expect(textOf(result as never)).toHaveLength(bytes);
  const args = { bytes, beside: { _meta: { 'x/y': 1 } } };
  // The answer to a batch is a stream.
  const answer = await new EventReader(await client.post([client.invoke('u::sized', args)])).message();
  const sized = answer.result as ToolResult;
  expect(Buffer.byteLength(textOf(sized))).toBe(bytes);
  expect(sized._meta).toMatchObject({ 'x/y': 1 });
});

test('a question that no stream was there for is put to the next one [http.missed]', async () => {
  const { client } = await edgeWithClient({}, { capabilities: { elicitation: { form: {} } } });
  (await client.listen()).drop();
  const args = { rounds: [{ q: elicit('is anybody there?') }] };
  await client.request('tools/call', { name: 'invoke_async', arguments: { id: 'u::ask', args } });
  const asked = await (await client.listen()).message(({ method }) => method === 'elicitation/create');
  expect(asked.params?.message).toBe('is anybody there?');
});

test('a place in a stream that nothing leads on from is refused, not skipped over [http.forgotten]', async () => {
  const { client } = await edgeWithClient();
  const dropped = await client.stream(client.invoke('u::progress', { steps: FORGETTING, ms: 0 }));
  const { id } = await dropped.next();
  dropped.drop();
  const headers = { ...client.headers, accept: 'text/event-stream', 'last-event-id': String(id) };
  await waitUntil(async () => (await fetch(client.url, { headers })).status === 400, { what: 'it is forgotten' });
});

/** More messages than are kept of a stream. */
const FORGETTING = 3_000;

test('an offer to switch to another protocol leaves a request what it is [http.upgrade]', async () => {
  const gateway = await edgeOf();
  const { port } = new URL(gateway.address);
  const body = JSON.stringify(initialize());
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(
    `POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n` +
      `content-type: application/json\r\naccept: application/json, text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*mcp-session-id/i);
});

test('a session is initialized once [http.once]', async () => {
  const { client } = await edgeWithClient();
  const again = await client.post(initialize());
  expect(again.status).toBe(400);
  expect(await again.json()).toMatchObject({ error: { message: expect.stringContaining('initialized') } });
});
