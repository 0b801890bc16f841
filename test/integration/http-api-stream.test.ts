import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { startRestApi } from '../helpers/gateway/rest-api.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const STREAM = { accept: 'text/event-stream' };

interface SentEvent {
  readonly event: string;
  readonly data: JsonObject;
}

/** Events of a stream, comments left out. */
function eventsOf(text: string): SentEvent[] {
  const blocks = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
  return blocks.map((block) => {
    const [, event = '', data = ''] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
    return { event, data: JSON.parse(data) };
  });
}

test('progress comes in order, then the result, on a socket too [http.api-stream]', async () => {
  const api = await startRestApi({ u: local() });
  const url = await api.listen();
  const body = JSON.stringify({ tool: 'u::burst', arguments: { steps: 20 } });
  const headers = { ...STREAM, 'content-type': 'application/json' };
  const response = await fetch(`${url}/tools/call`, { method: 'POST', body, headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = eventsOf(await response.text());
  expect(events.map(({ event }) => event)).toEqual([...Array(20).fill('progress'), 'result']);
  expect(events.slice(0, -1).map(({ data }) => data.progress)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(events.at(-1)?.data).toEqual({ content: [{ type: 'text', text: 'burst' }] });
});

test('a failure is one error event, a problem document [http.api-stream, http.api-problems]', async () => {
  const api = await startRestApi({ u: local() });
  const answer = (json: object) => api.request('/tools/call', { json, headers: STREAM });
  const stream = async (json: object) => eventsOf(await (await answer(json)).text());
  const failed = await answer({ tool: 'u::protocol_error' });
  const instance = failed.headers.get('x-request-id');
  expect(eventsOf(await failed.text())).toMatchObject([
    { event: 'error', data: { status: 502, code: 'UPSTREAM_ERROR', instance } },
  ]);
  expect(await stream({ tool: 'u::none' })).toMatchObject([{ event: 'error', data: { code: 'TOOL_NOT_FOUND' } }]);
  expect(await stream({ tool: 'u::fail' })).toMatchObject([{ event: 'result', data: { isError: true } }]);
});

test('what is wrong before the call is an ordinary problem [http.api-stream, http.api-input]', async () => {
  const api = await startRestApi({ u: local({ tools: ['echo'] }), v: local({ tools: ['echo'] }) });
  await api.json('/tools/call', { json: { tool: 'echo' }, headers: STREAM }, 409);
  await api.json('/tools/call', { json: { tool: 1 }, headers: STREAM }, 400);
});

test('JSON is answered unless a stream is preferred [http.api-stream]', async () => {
  const api = await startRestApi({ u: local({ tools: ['echo'] }) });
  const type = async (accept: string) =>
    (await api.request('/tools/call', { json: { tool: 'echo' }, headers: { accept } })).headers.get('content-type');
  expect(await type('*/*')).toBe('application/json');
  expect(await type('application/json, text/event-stream;q=0.5')).toBe('application/json');
  expect(await type('text/event-stream')).toBe('text/event-stream');
});

test('a client that closes its stream ends the call [http.api-disconnect]', async () => {
  const { file, events } = journal();
  const api = await startRestApi({ u: local({ journal: file }) });
  const url = await api.listen();
  const abort = new AbortController();
  const body = JSON.stringify({ tool: 'u::sleep', arguments: { ms: 600_000 } });
  const headers = { ...STREAM, 'content-type': 'application/json' };
  const { signal } = abort;
  const response = await fetch(`${url}/tools/call`, { method: 'POST', body, headers, signal });
  // The headers come before the tool says anything.
  expect(response.status).toBe(200);
  await waitUntil(() => events('call').length === 1);
  abort.abort();
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
});

test('a client that hangs up while waiting for JSON ends the call [http.api-disconnect]', async () => {
  const { file, events } = journal();
  const api = await startRestApi({ u: local({ journal: file }) });
  const url = await api.listen();
  const abort = new AbortController();
  const body = JSON.stringify({ tool: 'u::sleep', arguments: { ms: 600_000 } });
  const headers = { 'content-type': 'application/json' };
  const answer = fetch(`${url}/tools/call`, { method: 'POST', body, headers, signal: abort.signal });
  const failed = expect(answer).rejects.toThrow();
  await waitUntil(() => events('call').length === 1);
  abort.abort();
  await failed;
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
});
