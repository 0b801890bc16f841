import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ServerConfig } from '../../../src/config/schema.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { clientMark, type ServerCatalog } from '../../../src/core/server-catalog.ts';
import { CatalogCache } from '../../../src/upstream/catalog-cache.ts';
import { idleTimeoutMs, startsAtOnce } from '../../../src/upstream/start-policy.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const CLIENT = { capabilities: {} };
const OTHER_CLIENT = { capabilities: { sampling: {} } };
const CATALOG: ServerCatalog = {
  about: { title: 'Server' },
  offers: ['resources'],
  tools: [{ name: 'tool', inputSchema: { type: 'object' }, _meta: { unknown: ['kept', null] } }],
};
const LIST = { items: [{ uri: 'x://1', name: 'one' }], ttlMs: 5 };

function entry(more: Partial<ServerConfig & { type: 'local' }> = {}): ServerConfig {
  const common = { enabled: true, tags: [], expose: { resources: true, prompts: true }, start: 'auto' as const };
  return { key: 'u', type: 'local', command: ['server'], environment: {}, ...common, ...more };
}

const memoryIn = (directory?: string) => new CatalogCache({ directory, redactor: () => (text) => text });

/** A directory in which a server and a list of it are remembered. */
async function filled(): Promise<{ directory: string; file: string }> {
  const directory = join(temporaryDirectory(), 'servers');
  const memory = memoryIn(directory);
  memory.learn(entry(), CATALOG, CLIENT);
  memory.learnList(entry(), 'resources', LIST);
  await memory.close();
  return { directory, file: join(directory, readdirSync(directory)[0] ?? '') };
}

test('what is learnt is recalled as it was, also by another process and by lists [memory.answers]', async () => {
  const { directory } = await filled();
  const memory = memoryIn(directory);
  expect(memory.recall(entry())).toMatchObject({ ...CATALOG, clients: [clientMark(CLIENT)] });
  expect(memory.recallList(entry(), 'resources')).toEqual(LIST);
  expect(memory.recallList(entry(), 'prompts')).toBeUndefined();
  expect(memory.recallList(entry(), 'toString')).toBeUndefined();
  memory.learnList(entry(), 'resources', undefined);
  await memory.close();
  expect(memoryIn(directory).recallList(entry(), 'resources')).toBeUndefined();
});

test('what is started decides which server it is, not its name or what the gateway does with it [memory.key]', async () => {
  const { directory } = await filled();
  const isKnown = (more: object) => memoryIn(directory).recall(entry(more)) !== undefined;
  expect([{ key: 'v' }, { tags: ['a'] }, { start: 'lazy' }, { timeoutMs: 5 }].map(isKnown)).not.toContain(false);
  const others = [{ command: ['other'] }, { cwd: '/' }, { environment: { A: 'b' } }, { protocol: 'auto' }];
  expect(others.map(isKnown)).not.toContain(true);
});

test.each<[string, (file: JsonObject) => unknown]>([
  ['no JSON', () => 'not json'],
  ['empty', () => ''],
  ['cut short', (file) => JSON.stringify(file).slice(0, -20)],
  ['of another format', (file) => ({ ...file, format: 999 })],
  ['without a date', ({ learntAt: _, ...file }) => file],
  ['without tools', ({ tools: _, ...file }) => file],
  ['with a tool that is none', (file) => ({ ...file, tools: [{ name: 7 }] })],
  ['with a wrong title', (file) => ({ ...file, about: { title: {} } })],
  ['with offers that are none', (file) => ({ ...file, offers: [1] })],
  ['with clients that are none', (file) => ({ ...file, clients: 'all' })],
  ['with a list of no items', (file) => ({ ...file, lists: { resources: { items: 'many' } } })],
  ['with an item that is none', (file) => ({ ...file, lists: { resources: { items: [null] } } })],
  ['null', () => 'null'],
])('a file that is %s is ignored [memory.broken]', async (_what, change) => {
  const { directory, file } = await filled();
  expect(memoryIn(directory).recall(entry())).toBeDefined();
  const changed = change(JSON.parse(readFileSync(file, 'utf8')));
  writeFileSync(file, typeof changed === 'string' ? changed : JSON.stringify(changed));
  expect(memoryIn(directory).recall(entry())).toBeUndefined();
});

test('without a directory it lasts for the run [memory.answers]', () => {
  const memory = memoryIn();
  memory.learn(entry(), CATALOG, CLIENT);
  memory.learnList(entry(), 'resources', LIST);
  expect(memory.recall(entry())).toMatchObject(CATALOG);
  expect(memory.recallList(entry(), 'resources')).toEqual(LIST);
});

test('clients to which a server offers the same are remembered together, others take its place [memory.clients]', () => {
  const memory = memoryIn();
  memory.learn(entry(), CATALOG, CLIENT);
  memory.learn(entry(), CATALOG, OTHER_CLIENT);
  expect(memory.recall(entry())?.clients).toEqual([OTHER_CLIENT, CLIENT].map(clientMark));
  memory.learn(entry(), { ...CATALOG, tools: [] }, CLIENT);
  expect(memory.recall(entry())?.clients).toEqual([clientMark(CLIENT)]);
});

test('two gateways that write at once leave a whole file and nothing else [memory.broken]', async () => {
  const directory = join(temporaryDirectory(), 'servers');
  const memories = [memoryIn(directory), memoryIn(directory)];
  for (let round = 0; round < 20; round++) {
    const tools = [{ name: `tool_${round}`, inputSchema: {}, description: 'x'.repeat(round * 1_000) }];
    for (const memory of memories) memory.learn(entry(), { ...CATALOG, tools }, CLIENT);
  }
  await Promise.all(memories.map((memory) => memory.close()));
  expect(readdirSync(directory)).toHaveLength(1);
  expect(memoryIn(directory).recall(entry())?.tools[0]?.name).toBe('tool_19');
});

test('at most 500 files are kept, the oldest go first [memory.bounded]', async () => {
  const directory = join(temporaryDirectory(), 'servers');
  mkdirSync(directory);
  for (let index = 0; index < 510; index++) {
    const path = join(directory, `${String(index).padStart(3, '0')}.json`);
    writeFileSync(path, '{}');
    utimesSync(path, 1_000 + index, 1_000 + index);
  }
  const memory = memoryIn(directory);
  memory.learn(entry(), CATALOG, CLIENT);
  await memory.close();
  const left = readdirSync(directory).sort();
  expect(left).toHaveLength(500);
  expect(left[0]).toBe('011.json');
  expect(memoryIn(directory).recall(entry())).toBeDefined();
});

test('nothing is written while nothing has changed', async () => {
  const { directory, file } = await filled();
  const before = statSync(file).ino;
  const memory = memoryIn(directory);
  memory.learn(entry(), structuredClone(CATALOG), CLIENT);
  memory.learnList(entry(), 'resources', structuredClone(LIST));
  await memory.close();
  expect(statSync(file).ino).toBe(before);
});

test('a server starts at once unless it is known, by its wish and the age of what is known [start.auto, start.eager, start.lazy, start.stale, start.unknown]', () => {
  const learnt = (hoursAgo: number) => ({
    ...CATALOG,
    clients: [],
    learntAt: Date.now() - hoursAgo * 3_600_000,
  });
  const starts = (start: ServerConfig['start']) =>
    [undefined, learnt(1), learnt(23.9), learnt(24.1), learnt(-1)].map((known) =>
      startsAtOnce(entry({ start }), known),
    );
  expect(starts('auto')).toEqual([true, false, false, true, true]);
  expect(starts('eager')).toEqual([true, true, true, true, true]);
  expect(starts('lazy')).toEqual([true, false, false, false, false]);
});

test('a server may be idle for ten minutes if all its tools only read, else for ever, unless its entry says so [idle.default]', () => {
  const reads = { name: 'r', inputSchema: {}, annotations: { readOnlyHint: true } };
  const writes = { name: 'w', inputSchema: {}, annotations: { readOnlyHint: false } };
  expect(idleTimeoutMs(entry(), [reads, reads])).toBe(600_000);
  expect(idleTimeoutMs(entry(), [reads, writes])).toBe(0);
  expect(idleTimeoutMs(entry(), [])).toBe(0);
  expect(idleTimeoutMs(entry({ start: 'eager' }), [reads])).toBe(0);
  expect(idleTimeoutMs(entry({ start: 'eager', idleTimeoutMs: 5 }), [writes])).toBe(5);
  expect(idleTimeoutMs(entry({ idleTimeoutMs: 0 }), [reads])).toBe(0);
});
