import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';
import { searchResults } from '../../../src/search/search-results.ts';

const tool = (name: string, description: string, properties: object = {}, more: object = {}): ToolDefinition => ({
  name,
  description,
  inputSchema: { type: 'object', properties },
  ...more,
});

const visible = () => true;

async function answer(query: string, servers: Record<string, readonly ToolDefinition[]>, tags: string[] = []) {
  const catalog = new Catalog();
  for (const [key, tools] of Object.entries(servers)) catalog.setServer({ key, tags }, tools);
  await catalog.indexed();
  const { hits, reader } = catalog.search(query, { limit: 10, visible });
  return searchResults(hits, { reader, sharedOf: catalog.sharedAmong(visible) });
}

const KINDS =
  'Creates a resource in the cluster from its definition, or changes the one that has the same name and namespace. ' +
  'Waits until the server has accepted it. Works for deployments, services, config maps and every HorizontalPodAutoscaler. ' +
  'Fails without the rights for it.';

test('of a long description the part that meets the query is shown, in the same room [search.part]', async () => {
  const shown = async (query: string) => (await answer(query, { k8s: [tool('apply', KINDS)] })).results[0]?.description;
  const plain = await shown('create a resource in the cluster');
  expect(plain).toMatch(/^Creates a resource in the cluster from its definition, .*…$/);
  const part = await shown('HorizontalPodAutoscaler');
  expect(part).toMatch(/^Creates a resource .*… .*HorizontalPodAutoscaler.*$/);
  for (const each of [plain, part]) expect(each?.length).toBeLessThanOrEqual(100);
});

test.each([
  ['no boundary at all', `${'x'.repeat(300)} needle`],
  ['unspaced script', `${'读取文件的全部内容'.repeat(40)}。needle`],
  ['lines', `Does a thing.\n\n- ${'one thing or another '.repeat(10)}\n- needle: found\n- more`],
  ['surrogates', `${'😀'.repeat(200)} needle ${'😀'.repeat(200)}`],
  ['a megabyte', `${'needle '.repeat(200_000)}`],
])('a part is whole characters within the room, whatever the text: %s [search.part]', async (_, description) => {
  const { results } = await answer('needle', { s: [tool('t', description)] });
  expect(results).toHaveLength(1);
  expect(results[0]?.description.length).toBeLessThanOrEqual(100);
  expect(results[0]?.description).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
});

test('a hit that shows no word of the query says what matched [search.why]', async () => {
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`option_number_${at}`, { type: 'string' }]));
  const matched = async (query: string, one: ToolDefinition, tags?: string[]) =>
    (await answer(query, { s: [one, tool('other', 'Nothing of the kind.')] }, tags)).results[0]?.matched;
  expect(await matched('ttl', tool('put', 'Stores a value.', { ...many, ttl: { type: 'integer' } }))).toBe(
    'parameter ttl',
  );
  const expiry = { life: { type: 'integer', description: 'Seconds until expiry' } };
  expect(await matched('expiry', tool('put', 'Stores a value.', expiry))).toBe('parameter life');
  const hostile = { ...many, 'ttl\n\u202eso': { type: 'integer' } };
  expect(await matched('ttl', tool('put', 'Stores a value.', hostile))).toBe('parameter ttl so');
  expect(await matched('operations', tool('put', 'Stores a value.'), ['operations'])).toBe('tag operations');
  expect(await matched('delete', tool('remove_thing', 'Takes it away.'))).toBe('remove for delete');
  expect(await matched('put', tool('put', 'Stores a value.'))).toBeUndefined();
  expect(await matched('stored', tool('put', 'Stores a value.'))).toBeUndefined();
});

const COMMON = { tenant: { type: 'string' }, retry: { type: 'integer' } };
const CLOUD = ['disk', 'vault', 'queue', 'table', 'cluster'].map((kind) =>
  tool(`list_${kind}`, `Lists each ${kind}.`, { ...COMMON, [kind]: { type: 'string' }, top: { type: 'integer' } }),
);

test('parameters that the tools of a server share are said once, of several hits [search.shared-parameters]', async () => {
  const { results, sharedParameters } = await answer('list disk and vault', { cloud: CLOUD });
  expect(results.length).toBeGreaterThan(1);
  expect(results[0]?.signature).toMatch(/^\((disk|vault)\?: string\)$/);
  expect(sharedParameters).toEqual({ cloud: 'tenant?: string, retry?: integer, top?: integer' });
});

test('of one hit they come last; what a tool requires or takes otherwise stays with it [search.shared-parameters]', async () => {
  const one = await answer('disk', { cloud: CLOUD });
  expect(one.results).toHaveLength(1);
  expect(one).not.toHaveProperty('sharedParameters');
  expect(one.results[0]?.signature).toBe('(disk?: string, tenant?: string, retry?: integer, top?: integer)');
  const strict = tool('list_disk_strict', 'Lists each disk of a tenant.', COMMON);
  const required = { ...strict, inputSchema: { ...strict.inputSchema, required: ['tenant'] } };
  const two = await answer('list disk', { cloud: [...CLOUD, required] });
  const signatures = Object.fromEntries(two.results.map(({ id, signature }) => [id, signature]));
  expect(signatures['cloud::list_disk_strict']).toBe('(tenant: string)');
  expect(signatures['cloud::list_disk']).toBe('(disk?: string, tenant?: string, top?: integer)');
  expect(two.sharedParameters).toEqual({ cloud: 'retry?: integer' });
});

test('three tools share nothing; of ten thousand some are looked at [search.shared-parameters]', async () => {
  const catalog = new Catalog();
  catalog.setServer({ key: 'few', tags: [] }, CLOUD.slice(0, 3));
  const thousands = Array.from({ length: 10_000 }, (_, at) => tool(`t${at}`, 'x', COMMON));
  catalog.setServer({ key: 'many', tags: [] }, thousands);
  const sharedOf = () => catalog.sharedAmong(visible);
  expect([...sharedOf()('few')]).toEqual([]);
  expect([...sharedOf()('many')]).toEqual(['tenant', 'retry']);
  expect(sharedOf()('many')).toBe(sharedOf()('many'));
  catalog.setServer({ key: 'many', tags: [] }, [tool('one', 'x')]);
  expect([...sharedOf()('many'), ...sharedOf()('none')]).toEqual([]);
});

test('the first hit says of its parameters what names and types do not [search.notes]', async () => {
  const properties = {
    files: { type: 'string', description: 'The files. A glob, relative to the root' },
    since: { type: 'string', format: 'date-time' },
    name: { type: 'string', description: 'The name of the thing' },
    kind: { enum: ['a', 'b'], description: 'Must be one of them' },
    until: { type: 'string', description: 'Cannot be given together with since.' },
    more: { type: 'string', description: 'Must be the fourth' },
  };
  const things = [tool('find_thing', 'Finds a thing.', properties), tool('thing_two', 'Another thing.', properties)];
  const { results } = await answer('find thing', { s: things });
  expect(results.map(({ parameters }) => parameters)).toEqual([
    { files: 'A glob, relative to the root', since: 'date-time', until: 'Cannot be given together with since.' },
    undefined,
  ]);
  const hostile = { fmt: { type: 'string', format: 'Only\n\u202eso\u200b' }, 'a\nb': { description: 'Must be said' } };
  const [shown] = (await answer('thing', { s: [tool('thing', 'x', hostile)] })).results;
  expect(shown?.parameters).toEqual({ fmt: 'Only so' });
  const odd = { a: true, b: null, c: { description: 5, format: {} }, d: { description: '' } };
  expect((await answer('thing', { s: [tool('thing', 'x', odd)] })).results[0]).not.toHaveProperty('parameters');
});

test.each([
  ['words', 'needle and thread '],
  ['Han', '读取文件的全部内容'],
  ['marks', '"\\\u0000{}'],
  ['emoji', '👨‍👩‍👧‍👦'],
])('all of this together keeps within the budget, whatever servers write: %s [search.budget]', async (_, noise) => {
  const text = `${noise.repeat(40)} needle`;
  const shared = Object.fromEntries(
    Array.from({ length: 20 }, (__, at) => [
      `${noise.repeat(4)}${at}`,
      { type: 'string', description: `must ${text}` },
    ]),
  );
  const tools = Array.from({ length: 4 }, (__, at) => tool(`t${at}`, text, shared));
  const result = await answer('needle', { a: tools, b: tools, c: tools, d: tools, e: tools }, [`needle ${noise}`]);
  expect(result.results.length).toBeGreaterThan(1);
  expect(encode(JSON.stringify(result)).length).toBeLessThan(1_500);
});
