import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { expect, onTestFinished, test } from 'vitest';
import { connectV1 } from '../helpers/clients/clients.ts';
import { jsonOf, textOf } from '../helpers/clients/results.ts';
import { initialize, open, post } from '../helpers/clients/streamable-client.ts';
import { edgeOf } from '../helpers/gateway/http-edge.ts';
import { startHttpGateway } from '../helpers/gateway/http-gateway.ts';
import { journal } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('an SDK client of HTTP+SSE searches, calls, sees progress and cancels [http.sse]', async () => {
  const { file, events } = journal();
  const { address } = await edgeOf({ journal: file });
  const transport = new SSEClientTransport(new URL(`${address}/sse`));
  onTestFinished(() => transport.close());
  const client = await connectV1(transport);
  expect(await client.listTools()).toHaveLength(5);
  const found = jsonOf<{ results: { id: string }[] }>(await client.callTool('search', { query: 'add two numbers' }));
  expect(found.results[0]?.id).toBe('u::add');
  const steps: number[] = [];
  const onProgress = ({ progress }: { progress: number }) => steps.push(progress);
  const args = { id: 'u::progress', args: { steps: 3, ms: 50 } };
  expect(textOf(await client.callTool('invoke', args, { onProgress }))).toBe('done after 3');
  expect(steps).toEqual([1, 2, 3]);
  const controller = new AbortController();
  const sleeping = client.callTool('invoke', { id: 'u::sleep', args: { ms: 60_000 } }, { signal: controller.signal });
  sleeping.catch(() => {});
  await waitUntil(() => events('call').some(({ tool }) => tool === 'sleep'));
  controller.abort('enough');
  await expect(sleeping).rejects.toThrow();
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
});

test('the end of the stream ends its session and its calls; who it does not belong to gets 404 [http.sse-end]', async () => {
  const { file, events } = journal();
  const { address } = await edgeOf({ journal: file });
  const stream = await open(`${address}/sse`, { headers: { accept: 'text/event-stream' } });
  const { event, data: endpoint } = await stream.next();
  expect([event, endpoint]).toEqual(['endpoint', expect.stringMatching(/^\/messages\?sessionId=/)]);
  const accepted = await post(`${address}${endpoint}`, initialize());
  expect([accepted.status, (await stream.message()).result?.protocolVersion]).toEqual([202, '2025-11-25']);
  expect((await post(`${address}${endpoint}`, '{"jsonrpc"')).status).toBe(400);
  expect((await stream.message()).error?.code).toBe(-32_700);
  const sleep = { name: 'invoke', arguments: { id: 'u::sleep', args: { ms: 60_000 } } };
  await post(`${address}${endpoint}`, { jsonrpc: '2.0', id: 2, method: 'tools/call', params: sleep });
  await waitUntil(() => events('call').length === 1, { what: 'the call has arrived' });
  stream.drop();
  await waitUntil(() => events('cancelled').length === 1, { what: 'the server is told' });
  const gone = async () => (await post(`${address}${endpoint}`, initialize())).status === 404;
  await waitUntil(gone, { what: 'the session has ended' });
  expect((await post(`${address}/messages?sessionId=nobody`, initialize())).status).toBe(404);
});

test('HEAD opens no session that nobody would end [http.head]', async () => {
  const { address } = await startHttpGateway({ http: { maxSessions: 1 } });
  for (let count = 0; count < 3; count++) {
    const head = await fetch(`${address}/sse`, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
  }
  expect((await open(`${address}/sse`, {})).response.status).toBe(200);
});
