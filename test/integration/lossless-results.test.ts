import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ToolResult } from '../../src/core/call.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { sizedText } from '../fixtures/upstream/sized-text.mjs';
import { blocks, errorOf, textOf } from '../helpers/clients/results.ts';
import { directTransport } from '../helpers/clients/transports.ts';
import { directly, throughGateway } from '../helpers/fidelity/ways.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { local, type NetworkTransport, remote, temporaryDirectory } from '../helpers/servers/fixture.ts';

const SIZES = [0, 1, 1_000, 65_535, 1_000_000, 9_000_000, 10_000_000];
const TRANSPORTS: readonly ('stdio' | NetworkTransport)[] = ['stdio', 'http', 'sse', 'ws'];
/** More than any host takes on one line. */
const TOO_MUCH = 12_000_000;

/** Compares without printing megabytes. */
function expectSame(found: string, expected: string): void {
  expect(found.length).toBe(expected.length);
  expect(found === expected).toBe(true);
}

test.each(TRANSPORTS)('%s: texts of 0 B to 10 MB arrive byte for byte [results.byte-equal]', async (transport) => {
  const entry = transport === 'stdio' ? local() : (await remote(transport, {})).entry();
  const gateway = await startGateway({ config: { u: entry }, sdk: 'raw' });
  for (const bytes of SIZES) {
    const result = await gateway.invoke('u::sized', { bytes });
    expect(result.content).toHaveLength(1);
    expectSame(textOf(result), sizedText(bytes));
  }
});

/** Where a result was kept, as the answer in its place says. */
function keptIn(result: ToolResult): { uri: string; jobId: string; chars: number } {
  const meta = result._meta as JsonObject;
  return meta['mcp-gateway/result'] as { uri: string; jobId: string; chars: number };
}

async function readByResource({ process: { peer } }: Gateway, uri: string, length = 900_000): Promise<string> {
  const parts: string[] = [];
  for (let offset: unknown = 0; offset !== undefined; ) {
    const { result } = await peer.request('resources/read', { uri: `${uri}?offset=${offset}&length=${length}` });
    const [content] = (result?.contents ?? []) as { text: string; _meta: Record<string, JsonObject> }[];
    parts.push(String(content?.text));
    offset = content?._meta['mcp-gateway/part']?.nextOffset;
  }
  return parts.join('');
}

async function readByJobStatus(gateway: Gateway, jobId: string): Promise<string> {
  const parts: string[] = [];
  for (let offset: unknown = 0; offset !== undefined; ) {
    const [where, part] = blocks(await gateway.call('job_status', { jobId, offset }));
    // No character is cut in two.
    expect(String(part?.text)).not.toMatch(/\p{Surrogate}/u);
    parts.push(String(part?.text));
    offset = (JSON.parse(String(where?.text)) as JsonObject).nextOffset;
  }
  return parts.join('');
}

test('a result beyond the line limit is kept, and read back whole both ways [results.kept, results.head, results.resource, results.paging]', async () => {
  const gateway = await startGateway({ config: { u: local() }, sdk: 'raw' });
  const beside = { isError: true, structuredContent: { a: [1, '🙂'] }, _meta: { 'fixture/x': 'y' } };
  const text = sizedText(TOO_MUCH, true);
  const result = await gateway.invoke('u::sized', { bytes: TOO_MUCH, dense: true, beside });
  const { uri, jobId, chars } = keptIn(result);
  expect(result.isError).toBe(true);
  expect(textOf(result).slice(0, 1_000)).toBe(text.slice(0, 1_000));
  expect(textOf(result)).toMatch(/\d{8} bytes.*job_status.*offset.*gateway:\/\/results\//s);
  expect(blocks(result)[1]).toMatchObject({ type: 'resource_link', uri });
  const original = JSON.stringify({ content: [{ type: 'text', text }], ...beside });
  expect(chars).toBe(original.length);
  const read = JSON.parse(await readByResource(gateway, uri)) as ToolResult;
  expectSame(textOf(read), text);
  expect({ ...read, content: [] }).toEqual({ ...beside, content: [] });
  const paged = JSON.parse(await readByJobStatus(gateway, jobId)) as ToolResult;
  expectSame(textOf(paged), text);
  expect({ ...paged, content: [] }).toEqual({ ...beside, content: [] });
});

test('the limit is configurable and counts bytes of the line [results.limit]', async () => {
  const limited = (maxInlineBytes: number) =>
    startGateway({ config: { u: local(), $gateway: { results: { maxInlineBytes } } }, sdk: 'raw' });
  const roomy = await startGateway({ config: { u: local() }, sdk: 'raw' });
  await roomy.knows('u::sized');
  await roomy.invoke('u::sized', { bytes: 3_000 });
  const line = Buffer.byteLength(JSON.stringify(roomy.process.peer.messages.at(-1)));
  for (const [limit, kept] of [
    [line, false],
    [line - 1, true],
  ] as const) {
    const gateway = await limited(limit);
    await gateway.knows('u::pid');
    const result = await gateway.invoke('u::sized', { bytes: 3_000 });
    // Request ids of one and two digits: only the first few requests compare.
    expect(result.content).toHaveLength(kept ? 2 : 1);
  }
});

test.each(['v1', 'v2', 'v2-modern'] as const)(
  '%s: a real client of 10 MiB lines survives a larger result and question [results.line-limit]',
  async (client) => {
    const file = join(temporaryDirectory(), 'config.json');
    writeFileSync(file, JSON.stringify({ u: local() }));
    const entry = { type: 'local', command: [process.execPath, BIN, file] } as const;
    const { session } = await directly(client, directTransport(entry, 'stdio', 'v1'));
    const invoke = (tool: string, args: JsonObject) => session.callTool('invoke', { id: `u::${tool}`, args });
    expect(keptIn(await invoke('sized', { bytes: TOO_MUCH }))).toBeTruthy();
    expect(textOf(await invoke('ask_at_length', { bytes: TOO_MUCH }))).toMatch(/error/);
    expect(textOf(await invoke('add', { a: 1, b: 2 }))).toBe('3');
  },
);

test('a large result of a job is kept as well [results.kept]', async () => {
  const gateway = await startGateway({ config: { u: local() }, sdk: 'raw' });
  const { jobId } = await gateway.invokeAsync('u::sized', { bytes: TOO_MUCH });
  const status = await gateway.call('job_status', { jobId, waitMs: 30_000 });
  const kept = JSON.parse(await readByJobStatus(gateway, keptIn(status).jobId)) as ToolResult;
  expect(JSON.parse(String(blocks(kept)[0]?.text))).toMatchObject({ jobId, status: 'completed' });
  expectSame(String(blocks(kept)[1]?.text), sizedText(TOO_MUCH));
});

test('kept results are bounded: the oldest goes first, and the answer says so [results.bounded]', async () => {
  const settings = { results: { maxInlineBytes: 4_000, maxKeptChars: 12_000 } };
  const gateway = await startGateway({ config: { u: local(), $gateway: settings }, sdk: 'raw' });
  const keep = async () => keptIn(await gateway.invoke('u::sized', { bytes: 5_000 }));
  const [first, second] = [await keep(), await keep()];
  await readByJobStatus(gateway, first.jobId);
  const third = await keep();
  expect(errorOf(await gateway.call('job_status', { jobId: first.jobId, offset: 0 }))).toContain(first.jobId);
  const gone = await gateway.process.peer.request('resources/read', { uri: first.uri });
  expect(gone.error).toMatchObject({ message: expect.stringContaining(first.jobId) });
  for (const { jobId } of [second, third]) await readByJobStatus(gateway, jobId);
});

test.each(['v1', 'v2', 'v2-modern'] as const)(
  '%s: a content block of an unknown type becomes text [results.unknown-blocks]',
  async (client) => {
    const { call } = await throughGateway(client, local({ sdk: 'raw' }), 'unknown_block');
    const [first, second] = blocks(await call('unknown_block', {}));
    expect(first).toMatchObject({ type: 'text', text: expect.stringContaining('hologram') });
    expect(first?.text).toContain('AAAA');
    expect(second).toEqual({ type: 'text', text: 'beside it' });
  },
);
