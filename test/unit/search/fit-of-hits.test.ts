import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';
import { isNear, matchOf } from '../../../src/search/fit-of-hits.ts';
import nothing from '../../bench/labelled/nothing.json' with { type: 'json' };
import labelledQueries from '../../bench/labelled/queries.json' with { type: 'json' };
import labelledTools from '../../bench/labelled/tools.json' with { type: 'json' };
import { logistic, oddsOf } from '../../bench/logistic.ts';

type Labelled = ToolDefinition & { readonly server: string };

const tools = labelledTools as unknown as readonly Labelled[]; // schemas differ from tool to tool
const visible = () => true;

async function labelled(): Promise<Catalog> {
  const catalog = new Catalog();
  for (const key of new Set(tools.map(({ server }) => server))) {
    const own = tools.filter(({ server }) => server === key);
    catalog.setServer({ key, tags: [] }, own);
  }
  await catalog.indexed();
  return catalog;
}

test('nothing fits where no tool exists, and seldom where one does [ranking.nothing-fits]', async () => {
  const catalog = await labelled();
  const share = (queries: readonly { readonly query: string }[]) => {
    const said = queries.filter(({ query }) => catalog.search(query, { limit: 5, visible }).found === 0);
    return said.length / queries.length;
  };
  // A floor: the queries were checked against other catalogs, and a few tools here may answer some.
  expect(share(nothing)).toBeGreaterThan(0.5);
  expect(share(labelledQueries)).toBeLessThan(0.05);
});

test('the judgement is the same whatever the limit, and the hits stay [search.match]', async () => {
  const catalog = await labelled();
  for (const { query } of nothing.slice(0, 20)) {
    const one = catalog.search(query, { limit: 1, visible });
    const ten = catalog.search(query, { limit: 10, visible });
    expect(one.found).toBe(ten.found);
    expect(one.hits).toEqual(ten.hits.slice(0, 1));
  }
});

test('the tail is cut, and with it none of the right tools among the first five [search.tail]', async () => {
  const catalog = await labelled();
  const sizes = labelledQueries.map(({ query, tool }) => {
    const { found, hits } = catalog.search(query, { limit: 10, visible });
    const near = hits.filter(({ share }, place) => isNear(place, share));
    const isIn = (some: typeof hits) => some.slice(0, 5).some(({ entry }) => entry.id === tool);
    expect(isIn(near)).toBe(isIn(hits));
    if (found > 0) expect(found).toBeGreaterThanOrEqual(near.length);
    return near.length;
  });
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  expect(mean).toBeLessThan(6);
});

test('a strong match fits and is near the best one [search.match]', () => {
  expect(matchOf({ fit: 0.9, share: 1 })).toBe('strong');
  expect(matchOf({ fit: 0.9, share: 0.1 })).toBe('weak');
  expect(matchOf({ fit: 0.2, share: 1 })).toBe('weak');
});

test('the model of the benchmark learns what tells true from false [bench.fits]', () => {
  const samples = Array.from({ length: 200 }, (_, at) => {
    return { facts: [at % 2, (at * 7) % 5], isTrue: at % 2 === 1 && at % 10 !== 1, weight: 1 / 200 };
  });
  const weights = logistic(samples);
  expect(oddsOf([1, 2], weights)).toBeGreaterThan(0.6);
  expect(oddsOf([0, 2], weights)).toBeLessThan(0.3);
});

test('what the names say fits among thousands of equal tools, and what they do not does not [ranking.nothing-fits]', async () => {
  const catalog = new Catalog();
  const tools = Array.from({ length: 5_000 }, (_, at) => {
    return { name: `list_things_${at}`, description: 'Lists things of a kind.', inputSchema: {} };
  });
  catalog.setServer({ key: 's', tags: [] }, tools);
  await catalog.indexed();
  const found = (query: string) => catalog.search(query, { limit: 3, visible }).found;
  for (const query of ['list things', 'list', 'list the things of the server', 'please list things for me'])
    expect([query, found(query) > 0]).toEqual([query, true]);
  for (const query of ['list the servants', 'wash the dishes of the kind'])
    expect([query, found(query)]).toEqual([query, 0]);
});
