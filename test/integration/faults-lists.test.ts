import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { oddServer, sendJson, TOOL } from '../helpers/servers/odd-server.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('every page of a list is read [upstream.pages]', async () => {
  const gateway = await startGateway({ config: { u: local({ toolCount: 45, pageSize: 7 }) } });
  expect(textOf(await gateway.invoke('u::generated_45', { value: 'last' }))).toContain('last');
});

test('an endless cursor is stopped, what came is kept [upstream.endless-cursor, faults.pages]', async () => {
  const gateway = await startGateway({ config: { u: local({ endlessCursor: true, tools: ['add'] }) } });
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 1 }))).toBe('2');
});

test.each(['v1', 'raw'] as const)(
  '%s: a malformed tool costs that tool only [upstream.malformed-tool]',
  async (sdk) => {
    const gateway = await startGateway({ config: { u: local({ sdk, malformedTool: true, duplicateTools: true }) } });
    expect(textOf(await gateway.invoke('u::add', { a: 1, b: 1 }))).toBe('2');
    const { results } = await gateway.search('add two numbers');
    expect(results.filter(({ id }) => id === 'u::add')).toHaveLength(1);
  },
);

test('a changed list is read again, once for many changes [upstream.list-changed]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await gateway.knows('u::echo');
  const before = events('list').length;
  const names = Array.from({ length: 20 }, (_, index) => `fresh_${index}`);
  await Promise.all(names.map((name) => gateway.invoke('u::add_tool', { name })));
  await Promise.all(names.map((name) => gateway.knows(`u::${name}`)));
  expect(events('list').length - before).toBeLessThan(names.length);
  await gateway.invoke('u::remove_tool', { name: 'fresh_3' });
  await gateway.forgets('u::fresh_3');
});

test('a list that brings new tools for ever is stopped, and its tools work [faults.pages]', async () => {
  const { file, events } = journal();
  const endless = local({ endlessTools: 6_000, journal: file });
  const gateway = await startGateway({ config: { bad: endless, good: local({ tools: ['add'] }) } });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  await gateway.process.logged(/"tools\/list".*bad.*stopped after 9 pages and 54000 tools/, 25_000);
  expect(events('list')).toHaveLength(9);
  expect(textOf(await gateway.invoke('bad::generated_54000', { value: 'last' }))).toBe('{"value":"last"}');
});

test('a hundred list_changed at once cost a few readings [faults.changes]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { bad: local({ journal: file }), good: local({ tools: ['add'] }) } });
  await gateway.knows('bad::announce');
  await gateway.invoke('bad::add_tool', { name: 'fresh' });
  expect(textOf(await gateway.invoke('bad::announce', { a: 100 }))).toBe('announced');
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  await gateway.knows('bad::fresh');
  expect(events('list').length).toBeLessThan(10);
});

test('10,000 tools of one server are found, described and called [faults.many-tools]', async () => {
  const config = { bad: local({ toolCount: 10_000 }), good: local({ tools: ['add'] }) };
  const gateway = await startGateway({ config });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  await gateway.knows('bad::generated_10000');
  await waitUntil(async () => (await gateway.search('generated_9999')).results[0]?.id === 'bad::generated_9999');
  expect(await gateway.describe('bad::generated_9999')).toMatchObject({ description: 'Generated tool number 9999.' });
  expect(textOf(await gateway.invoke('bad::generated_9999', { value: 'x' }))).toBe('{"value":"x"}');
});

const NAMES = ['a::b', '::', 'files/read', 'v1.2.list', 'наʼзва', '工具', 'emoji 🙂', '-', '__proto__', 'constructor'];
const schema = { type: 'object', properties: { value: {} } };

test('tools of any name are found, described unchanged and called [faults.definitions]', async () => {
  const definitions = NAMES.map((name) => ({ name, description: `Quokka ${name}`, inputSchema: schema }));
  const gateway = await startGateway({ config: { 'a:x': local({ tools: ['add'] }), a: local({ definitions }) } });
  await gateway.knows('a::a::b');
  const { results } = await gateway.search('quokka', { limit: 50 });
  expect(results.map(({ id }) => id).sort()).toEqual(NAMES.map((name) => `a::${name}`).sort());
  for (const [index, name] of NAMES.entries()) {
    expect(await gateway.describe(`a::${name}`)).toMatchObject({ server: 'a', ...definitions[index] });
    expect(textOf(await gateway.invoke(`a::${name}`, { value: index }))).toBe(`{"value":${index}}`);
  }
  expect(textOf(await gateway.invoke('a:x::add', { a: 1, b: 1 }))).toBe('2');
});

test('a tool with a name of a thousand characters is found, shown and called; none is counted and not shown [faults.definitions]', async () => {
  const named = (name: string) => ({ name, description: 'Quokka', inputSchema: schema });
  const long = 'quokka_'.repeat(142);
  const wide = ['a', 'b', 'c'].map((name) => named(name + '\u{1f998}'.repeat(450)));
  const gateway = await startGateway({ config: { a: local({ definitions: [named(long), named('short'), ...wide] }) } });
  await gateway.knows('a::short');
  const { found, results } = await gateway.search('quokka');
  const ids = results.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([`a::${long}`, 'a::short']));
  expect(found).toBe(ids.length);
  expect(textOf(await gateway.invoke(`a::${long}`, { value: 1 }))).toBe('{"value":1}');
});

test('long, doubled and cyclic definitions cost nothing beside them [faults.definitions]', async () => {
  const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' }, self: { $ref: '#' } } };
  const cyclic = { type: 'object', properties: { node: { $ref: '#/$defs/node' } }, $defs: { node } };
  const definitions = [
    { name: 'long', description: `Quokka ${'long '.repeat(22_000)}`, inputSchema: schema },
    { name: 'cyclic', description: 'Quokka cyclic', inputSchema: cyclic },
    { name: 'loop', description: 'Quokka loop', inputSchema: { ...schema, $ref: '#' } },
    { name: 'loop', description: 'Quokka second', inputSchema: schema },
  ];
  const gateway = await startGateway({ config: { bad: local({ definitions }), good: local({ tools: ['add'] }) } });
  await gateway.knows('bad::loop');
  const { results } = await gateway.search('quokka');
  expect(results.map(({ id }) => id).sort()).toEqual(['bad::cyclic', 'bad::long', 'bad::loop']);
  expect(JSON.stringify(results).length).toBeLessThan(3_000);
  expect(await gateway.describe('bad::long')).toMatchObject({ ...definitions[0] });
  expect(await gateway.describe('bad::cyclic')).toMatchObject({ inputSchema: cyclic });
  expect(await gateway.describe('bad::loop')).toMatchObject({ description: 'Quokka loop' });
  const deep = { node: { next: { next: { self: { node: {} } } } } };
  expect(JSON.parse(textOf(await gateway.invoke('bad::cyclic', deep)))).toEqual(deep);
  expect(textOf(await gateway.invoke('bad::loop', { value: 1 }))).toBe('{"value":1}');
  await gateway.process.logged(/bad.*tool \\"loop\\" is listed twice/);
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
});

test('a later page that does not come costs itself only; when it comes it is taken, trusted or not as any other [paging.slow]', async () => {
  const named = (name: string) => ({ ...TOOL, name });
  let late: (() => void) | undefined;
  const { url } = await oddServer(({ method, id, params }, response) => {
    if (method !== 'tools/list') return false;
    const answer = (result: object) => sendJson(response, { jsonrpc: '2.0', id, result });
    if (params?.cursor === undefined) answer({ tools: [named('echo')], nextCursor: 'b' });
    else late = () => answer({ tools: [named('second')] });
  });
  const gateway = await startGateway({ config: { odd: { type: 'remote', url } } });
  expect(textOf(await gateway.invoke('odd::echo', {}))).toContain('said');
  const answer = await gateway.search('echo');
  expect(answer.results.map(({ id }) => id)).toEqual(['odd::echo']);
  expect(answer.unavailable).toMatchObject([
    { server: 'odd', state: 'incomplete', error: expect.stringContaining('page 2 has not come within 5 s') },
  ]);
  late?.();
  await gateway.knows('odd::second');
  expect((await gateway.search('second')).unavailable).toBeUndefined();
  expect(textOf(await gateway.invoke('odd::second', {}))).toContain('said');
});

test('of a tool that was left out a search says that, and a call why [faults.left-out]', async () => {
  const bad = { name: 'bad', inputSchema: 'none' };
  const { url } = await oddServer(({ method, id }, response) => {
    if (method !== 'tools/list') return false;
    sendJson(response, { jsonrpc: '2.0', id, result: { tools: [bad, { name: 'echo' }, { ...bad, name: 'worse' }] } });
  });
  const permissions = [{ id: 'odd::worse', action: 'deny' }];
  const gateway = await startGateway({ config: { $gateway: { permissions }, odd: { type: 'remote', url } } });
  const why = 'its inputSchema is not an object';
  const { unavailable } = await gateway.search('echo');
  expect(unavailable).toEqual([{ server: 'odd', state: 'incomplete', error: `2 tools were left out: ${why}` }]);
  expect(textOf(await gateway.invoke('odd::echo', {}))).toContain('said');
  expect(textOf(await gateway.invoke('odd::bad', {}))).toContain(
    `no tool "odd::bad"; server "odd" lists it, but it was left out: ${why}`,
  );
  expect(textOf(await gateway.invoke('odd::worse', {}))).not.toContain('lists it');
});
