import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import { jsonOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { local } from '../helpers/servers/fixture.ts';
import { temporaryFolder } from '../helpers/system/folders.ts';
import { waitUntil } from '../helpers/system/processes.ts';

interface Answer {
  readonly found: number;
  readonly results: { id: string; signature: string; effect?: string }[];
  readonly groups: { query: string; found: number; results: { id: string }[] }[];
  readonly tools: string[];
  readonly servers: { server: string; tools: number }[];
  readonly nextOffset?: number;
  readonly didYouMean?: string[];
}

const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: 'object' }, ...more });

test('several needs in one turn are answered in groups, within one budget [search.groups]', async () => {
  const gateway = await startGateway({ config: { u: local({ toolCount: 300 }), v: local() } });
  const input = { query: ['add two numbers', 'send an image', 'sleep'], limit: 10 };
  const result = await gateway.call('search', input);
  const { groups } = jsonOf(result) as unknown as Answer;
  expect(groups.map(({ query }) => query)).toEqual(input.query);
  expect(groups.map(({ results }) => results[0]?.id.split('::')[1])).toEqual(['add', 'image', 'sleep']);
  expect(countTokens(JSON.stringify(jsonOf(result)))).toBeLessThan(3_500);
});

test('filters alone list the tools of servers by name, page by page [search.browse]', async () => {
  const gateway = await startGateway({ config: { u: local({ toolCount: 500 }), v: local() } });
  await waitUntil(async () => (await gateway.search('add')).results.length > 0);
  const names: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const result = await gateway.call('search', { offset, filters: { server: ['u'] } });
    const { tools, nextOffset } = jsonOf(result) as unknown as Answer;
    expect(countTokens(JSON.stringify(jsonOf(result)))).toBeLessThan(1_500);
    names.push(...tools);
    offset = nextOffset;
  }
  expect(names).toEqual([...new Set(names)].sort());
  expect(names.length).toBeGreaterThan(500);
  expect(names.every((id) => id.startsWith('u::'))).toBe(true);
});

test('a list of few tools has their signatures [search.browse]', async () => {
  const gateway = await startGateway({
    config: { u: local({ tools: ['echo', 'add'] }), v: local({ toolCount: 500 }) },
  });
  await waitUntil(async () => (await gateway.search('add')).results.length > 0);
  const few = jsonOf(await gateway.call('search', { filters: { server: 'u' } }));
  expect(few).toEqual({
    found: 2,
    tools: [
      { id: 'u::add', signature: '(a: number, b: number)' },
      { id: 'u::echo', signature: expect.stringMatching(/^\(.*\)$/) },
    ],
  });
  expect(jsonOf(await gateway.call('search', { offset: 1, filters: { server: 'u' } }))).toMatchObject({
    found: 2,
    tools: [{ id: 'u::echo' }],
  });
});

test('once a tool has given an image, its signature says so [search.gives-back]', async () => {
  const gateway = await startGateway({ config: { u: local({ tools: ['image', 'echo'] }) } });
  const signature = async () => (await gateway.search('image')).results[0]?.signature;
  expect(await signature()).not.toContain('→');
  await gateway.invoke('u::image', {});
  expect(await signature()).toMatch(/ → image\b/);
});

test('readOnly narrows to tools that say so; results show the effect and what is given back [search.effects]', async () => {
  const definitions = [
    tool('read_thing', { annotations: { readOnlyHint: true }, outputSchema: { properties: { thing: {}, size: {} } } }),
    tool('drop_thing', { annotations: { destructiveHint: true } }),
  ];
  const gateway = await startGateway({ config: { u: local({ definitions, sdk: 'raw' }) } });
  const all = jsonOf(await gateway.call('search', { query: 'thing' })) as unknown as Answer;
  expect(Object.fromEntries(all.results.map(({ id, effect }) => [id, effect]))).toMatchObject({
    'u::read_thing': 'readOnly',
    'u::drop_thing': 'destructive',
  });
  expect(all.results.find(({ id }) => id === 'u::read_thing')?.signature).toBe('(any) → {thing, size}');
  const few = jsonOf(
    await gateway.call('search', { query: 'thing', filters: { readOnly: true } }),
  ) as unknown as Answer;
  expect(few.results.map(({ id }) => id)).toEqual(['u::read_thing']);
});

test('without a hit the answer says which words the tools use and which servers there are [search.no-hit]', async () => {
  const definitions = [tool('kubernetes_pods', { description: 'Lists pods' })];
  const gateway = await startGateway({ config: { u: local({ definitions, sdk: 'raw' }) } });
  const answer = jsonOf(await gateway.call('search', { query: 'qqqqxyzzy' })) as unknown as Answer;
  expect(answer).toMatchObject({ found: 0, results: [], servers: ['u'] });
});

test('a tool invoked after a search moves up among equals for like queries, also in the next run [usage.ranks, usage.disk]', async () => {
  const home = temporaryFolder('usage-');
  const env = { XDG_CACHE_HOME: home };
  const config = { a: local(), b: local() };
  const top = (answer: unknown) => (answer as Answer).results.slice(0, 2).map(({ id }) => id);
  const search = async (gateway: Awaited<ReturnType<typeof startGateway>>) =>
    top(jsonOf(await gateway.call('search', { query: 'add two numbers' })));
  const first = await startGateway({ config, env });
  expect(await search(first)).toEqual(['a::add', 'b::add']);
  await first.invoke('b::add', { a: 1, b: 2 });
  expect(await search(first)).toEqual(['b::add', 'a::add']);
  await first.stop();
  const second = await startGateway({ config, env });
  expect(await search(second)).toEqual(['b::add', 'a::add']);
  await second.stop();
  const off = await startGateway({ config: { ...config, $gateway: { search: { usage: false } } }, env });
  expect(await search(off)).toEqual(['a::add', 'b::add']);
});

test('a deprecated tool is marked with its successor in search and describe, if the caller may see that [search.deprecated]', async () => {
  const definitions = [
    tool('get_html', { description: 'Deprecated, use get_markdown instead. Gets a page.' }),
    tool('get_markdown', { description: 'Gets a page.' }),
    tool('drop_page', { description: 'This tool is deprecated, use secret_page.' }),
    tool('secret_page', { description: 'Drops a page.' }),
  ];
  const $gateway = { permissions: [{ id: 'u::secret_page', action: 'deny' }] };
  const gateway = await startGateway({ config: { u: local({ definitions, sdk: 'raw' }), $gateway } });
  await gateway.knows('u::get_html');
  const { results } = jsonOf(await gateway.call('search', { query: 'get page' })) as unknown as {
    results: { id: string; deprecated?: unknown }[];
  };
  expect(Object.fromEntries(results.map(({ id, deprecated }) => [id, deprecated]))).toEqual({
    'u::get_markdown': undefined,
    'u::get_html': 'u::get_markdown',
    'u::drop_page': true,
  });
  expect(await gateway.describe('u::get_html')).toMatchObject({ deprecated: 'u::get_markdown' });
  expect(await gateway.describe('u::get_markdown')).not.toHaveProperty('deprecated');
});
