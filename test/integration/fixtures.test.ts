import { spawn } from 'node:child_process';
import { StreamableHTTPClientTransport as HttpV2, SSEClientTransport as SseV2 } from '@modelcontextprotocol/client';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { connectClient, connectV1, connectV2, type TestClient } from '../helpers/clients/clients.ts';
import { RawPeer } from '../helpers/clients/raw-peer.ts';
import { textOf } from '../helpers/clients/results.ts';
import { journal, local, type NetworkTransport, remote, type UpstreamOptions } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

// The 1.x transport for WebSocket expects the browser's global, which Node 20 lacks.
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });

type Kind = 'stdio' | NetworkTransport;
const KINDS: Kind[] = ['stdio', 'http', 'sse', 'ws'];
const GENERATIONS = ['v1', 'v2'] as const;
const CASES = KINDS.flatMap((kind) => GENERATIONS.map((sdk) => [kind, sdk] as const));

async function transportTo(kind: Kind, options: UpstreamOptions, client: 'v1' | 'v2'): Promise<Transport> {
  if (kind === 'stdio') return stdioTransport(options);
  const url = new URL((await remote(kind, options)).url);
  if (kind === 'ws') return new WebSocketClientTransport(url);
  if (kind === 'sse') return client === 'v1' ? new SSEClientTransport(url) : (new SseV2(url) as unknown as Transport);
  return (client === 'v1' ? new StreamableHTTPClientTransport(url) : new HttpV2(url)) as Transport;
}

function stdioTransport(options: UpstreamOptions): Transport {
  const [command = '', ...args] = local(options).command as string[];
  const transport = new StdioClientTransport({ command, args });
  onTestFinished(() => transport.close());
  return transport;
}

function rawPeer(options: UpstreamOptions): RawPeer {
  const [command = '', ...args] = local(options).command as string[];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new RawPeer(child.stdin, child.stdout);
}

const connect = async (kind: Kind, options: UpstreamOptions, client: 'v1' | 'v2'): Promise<TestClient> =>
  (client === 'v1' ? connectV1 : connectV2)(await transportTo(kind, options, client));

/** The progress that comes over a connected transport: the SDK's client loses what comes in one chunk with the result. */
function progressOver(transport: Transport): unknown[] {
  const seen: unknown[] = [];
  const { onmessage } = transport;
  transport.onmessage = (message, ...rest) => {
    if ('method' in message && message.method === 'notifications/progress') seen.push(message.params?.progress);
    onmessage?.(message, ...rest);
  };
  return seen;
}

test.each(CASES)('%s: a %s fixture serves both generations of clients', async (kind, sdk) => {
  for (const generation of GENERATIONS) {
    const client = await connect(kind, { sdk, toolCount: 2, instructions: 'Ask me.' }, generation);
    expect(client.instructions).toBe('Ask me.');
    expect((await client.listTools()).map((tool) => tool.name)).toEqual(
      expect.arrayContaining(['echo', 'generated_2']),
    );
    expect(textOf(await client.callTool('add', { a: 2, b: 3 }))).toBe('5');
    expect(textOf(await client.callTool('generated_1', { value: 'x' }))).toBe('{"value":"x"}');
    expect(await client.callTool('structured', { city: 'Oslo' })).toMatchObject({
      structuredContent: { city: 'Oslo', celsius: 21 },
      _meta: { 'fixture/source': 'station-7' },
    });
    expect((await client.callTool('image', {})).content).toHaveLength(5);
    await expect(client.callTool('protocol_error', {})).rejects.toMatchObject({ code: -32050, data: { hint: 'none' } });
  }
});

test.each(CASES)('%s: a %s fixture reports progress in order and records a cancellation', async (kind, sdk) => {
  const transport = await transportTo(kind, { sdk }, 'v1');
  const client = await connectV1(transport);
  const seen = progressOver(transport);
  await client.callTool('progress', { steps: 3 }, { onProgress: () => {} });
  expect(seen).toEqual([1, 2, 3]);
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  await expect(
    client.callTool('progress', { ms: 20_000 }, { signal: controller.signal, onProgress }),
  ).rejects.toThrow();
  const cancelled = async () => JSON.parse(textOf(await client.callTool('last_cancel', {})))?.tool === 'progress';
  await waitUntil(cancelled);
});

test.each(['stdio', 'http'] as const)('%s: a v2 fixture speaks 2026-07-28', async (kind) => {
  const transport = await transportTo(kind, { sdk: 'v2' }, 'v2');
  const client = await connectV2(transport, true);
  expect(textOf(await client.callTool('add', { a: 1, b: 1 }))).toBe('2');
});

test.each(GENERATIONS)('%s: pages, lists what is malformed or doubled, and changes its list', async (sdk) => {
  const peer = rawPeer({ sdk, tools: ['echo', 'add_tool'], toolCount: 3, pageSize: 4, malformedTool: true });
  await connectClient('raw', peer);
  const first = (await peer.request('tools/list')).result;
  expect(first).toMatchObject({ tools: { length: 4 }, nextCursor: '4' });
  const second = (await peer.request('tools/list', { cursor: '4' })).result;
  expect(second?.tools).toMatchObject([{ name: 'generated_3' }, { name: 'malformed' }]);
  await peer.request('tools/call', { name: 'add_tool', arguments: { name: 'fresh' } });
  await peer.waitFor(({ method }) => method === 'notifications/tools/list_changed');
});

test.each(['v1', 'v2', 'raw'] as const)('%s: progress and result share one write', async (sdk) => {
  const peer = rawPeer({ sdk });
  const client = await connectClient('raw', peer);
  const seen: number[] = [];
  await client.callTool('burst', { steps: 2 }, { onProgress: ({ progress }) => seen.push(progress) });
  expect(seen).toEqual([1, 2]);
});

test('raw: answers that no SDK lets through', async () => {
  const peer = rawPeer({ sdk: 'raw' });
  const client = await connectClient('raw', peer);
  expect((await client.callTool('unknown_block', {})).content).toMatchObject([{ type: 'hologram' }, { type: 'text' }]);
  expect(textOf(await client.callTool('split_utf8', {}))).toBe('≠€🙂');
  expect(textOf(await client.callTool('wrong_id', {}))).toBe('right');
  await client.callTool('raw_garbage', {});
  expect(peer.impure).toHaveLength(5);
});

test('journal: records a life', async () => {
  const { file, events } = journal();
  const client = await connect('stdio', { journal: file, exitAtStart: 0 }, 'v1');
  await client.callTool('echo', { text: 'hi' });
  await expect(client.callTool('crash', {})).rejects.toThrow();
  await waitUntil(() => events('exit')[0]);
  expect(events().map(({ event }) => event)).toEqual(['start', 'initialize', 'call', 'call', 'exit']);
  expect(events('initialize')[0]).toMatchObject({ clientInfo: { name: 'test-client' } });
  expect(events('exit')[0]).toMatchObject({ code: 3 });
});

test.each(['http', 'sse', 'ws'] as const)(
  '%s: comes back on its port, and refuses without the header',
  async (kind) => {
    const fixture = await remote(kind, { requireHeader: { name: 'x-key', value: 'k' } });
    const { url } = fixture;
    await fixture.kill();
    await fixture.start();
    expect(fixture.url).toBe(url);
    const response = await fetch(url.replace('ws:', 'http:'), { method: 'POST' });
    expect(response.status).toBe(401);
  },
);
