import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import type { Sdk } from '../helpers/clients/clients.ts';
import { errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { local } from '../helpers/servers/fixture.ts';

const CLIENTS: Sdk[] = ['v1', 'v2', 'v2-modern', 'raw'];
const NAMES = ['search', 'describe', 'invoke', 'invoke_async', 'job_status'];

test.each(CLIENTS)('%s: exactly the five tools, in order, the same twice [tools.five, tools.stable]', async (sdk) => {
  const gateway = await startGateway({ config: { u: local() }, sdk });
  const before = await gateway.client.listTools();
  expect(before.map((tool) => tool.name)).toEqual(NAMES);
  await gateway.search('add');
  expect(JSON.stringify(await gateway.client.listTools())).toBe(JSON.stringify(before));
});

test('hints for hosts are on the definitions [tools.meta, tools.read-only]', async () => {
  const gateway = await startGateway({ config: {} });
  const tools = await gateway.client.listTools();
  expect(tools.every((tool) => (tool._meta as Record<string, unknown>)['anthropic/alwaysLoad'] === true)).toBe(true);
  const sized = tools.filter((tool) => Object.hasOwn(tool._meta as object, 'anthropic/maxResultSizeChars'));
  expect(sized.map((tool) => tool.name)).toEqual(['describe', 'invoke', 'job_status']);
  const readOnly = tools.filter((tool) => (tool.annotations as { readOnlyHint?: boolean })?.readOnlyHint);
  expect(readOnly.map((tool) => tool.name)).toEqual(['search', 'describe', 'job_status']);
});

test('the tools and the instructions cost at most 700 tokens [tools.tokens]', async () => {
  const gateway = await startGateway({ config: {} });
  const tools = (await gateway.process.peer.request('tools/list')).result?.tools;
  expect(countTokens(`${JSON.stringify(tools)}\n${gateway.client.instructions}`)).toBeLessThanOrEqual(700);
});

test('the instructions name the servers, within their limit [tools.instructions]', async () => {
  const many = Array.from({ length: 80 }, (_, index) => [
    `server-${index}`,
    local({}, { command: ['false'], description: `Number ${index} of many. ${'More words. '.repeat(30)}` }),
  ]);
  const few = await startGateway({ config: { weather: local({}, { description: 'Forecasts for towns' }) } });
  expect(few.client.instructions).toMatch(/weather.*Forecasts for towns/);
  const crowded = await startGateway({ config: Object.fromEntries(many) });
  expect(crowded.client.instructions?.length).toBeLessThan(2_000);
  expect(crowded.client.instructions).toContain('server-0');
});

test('names with the prefix of older AGENTS.md files are understood [tools.aliases]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const id = 'u::add';
  const args = { a: 1, b: 2 };
  expect(jsonOf(await gateway.call('gateway.search', { query: 'add' }))).toHaveProperty('results');
  expect(textOf(await gateway.call('gateway.describe', { id }))).toContain(id);
  expect(textOf(await gateway.call('gateway.invoke', { id, args }))).toBe('3');
  const { jobId } = jsonOf(await gateway.call('gateway.invoke_async', { id, args }));
  for (const name of ['gateway.job_status', 'gateway.invoke_status'])
    expect(textOf(await gateway.call(name, { jobId, waitMs: 10_000 }))).toContain('completed');
});

test('an unknown meta-tool is a protocol error', async () => {
  const gateway = await startGateway({ config: {} });
  await expect(gateway.call('u::add')).rejects.toMatchObject({ code: -32602 });
});

test('ids are looked up, never parsed [tools.ids]', async () => {
  const definition = { name: 'a::b', description: 'Odd name', inputSchema: { type: 'object' } };
  const config = { u: local({ definitions: [definition] }), 'u:a': local({ tools: ['pid'] }) };
  const gateway = await startGateway({ config });
  const { results } = await gateway.search('odd name');
  expect(results.map(({ id }) => id)).toContain('u::a::b');
  expect(textOf(await gateway.invoke('u::a::b', { text: 'x' }))).toBe('{"text":"x"}');
  expect(Number(textOf(await gateway.invoke('u:a::pid')))).toBeGreaterThan(0);
});

test('failures are results that name place, cause and cure, and stay short [tools.failures, tools.short-failures]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  const typo = errorOf(await gateway.invoke('u::ecko'));
  expect(typo).toMatch(/u::ecko/);
  expect(typo).toMatch(/u::echo/);
  expect(errorOf(await gateway.invoke('x'.repeat(1_000_000))).length).toBeLessThan(4_000);
  expect(errorOf(await gateway.call('invoke', { id: 'u::echo', args: 7 }))).toMatch(/args/);
  expect(errorOf(await gateway.call('search', { query: 'x', limit: 51 }))).toMatch(/limit/);
});

test.each(CLIENTS)('%s drives all five tools [tools.clients]', async (sdk) => {
  await driveAll(await startGateway({ config: { u: local({ sdk: 'v1' }) }, sdk }));
});

test.each(['v1', 'v2', 'raw'] as const)('a server on %s is served [upstream.generations]', async (sdk) => {
  await driveAll(await startGateway({ config: { u: local({ sdk }) } }));
});

test('a server on 2026-07-28 is served [upstream.generations]', async () => {
  await driveAll(await startGateway({ config: { u: local({ sdk: 'v2' }, { protocol: '2026-07-28' }) } }));
});

async function driveAll(gateway: Gateway): Promise<void> {
  const { results } = await gateway.search('add two numbers');
  expect(results[0]).toMatchObject({ id: 'u::add', signature: expect.stringMatching(/a.*b/) });
  expect(JSON.stringify(await gateway.describe('u::add'))).toContain('Adds two numbers.');
  expect(textOf(await gateway.invoke('u::add', { a: 20, b: 22 }))).toBe('42');
  const { jobId } = await gateway.invokeAsync('u::add', { a: 1, b: 1 });
  const { record, result } = await gateway.jobStatus(jobId, { waitMs: 20_000 });
  expect(record.status).toBe('completed');
  expect(textOf(result)).toBe('2');
}
