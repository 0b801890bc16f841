import { expect, test } from 'vitest';
import type { ToolDefinition, ToolEntry } from '../../../src/core/tool.ts';
import { Catalog } from '../../../src/search/catalog.ts';
import { matchOf } from '../../../src/search/fit-of-hits.ts';
import { likenessOf, spreadOf, standardScore, type WeightedLikeness } from '../../../src/search/likeness.ts';

function tool(name: string, description: string): ToolDefinition {
  return { name, description, inputSchema: { type: 'object' } };
}

async function catalogOf(tools: readonly ToolDefinition[]): Promise<Catalog> {
  const catalog = new Catalog();
  catalog.setServer({ key: 's', tags: [] }, tools);
  await catalog.indexed();
  return catalog;
}

/** The likeness that a model with these cosines sees; it knows nothing of other tools. */
function likeness(cosines: Readonly<Record<string, number>>, weight = 0.5): WeightedLikeness {
  const nearest = Object.keys(cosines).sort((a, b) => (cosines[b] ?? 0) - (cosines[a] ?? 0));
  const of = ({ definition }: ToolEntry) => cosines[definition.name];
  const ids = nearest.map((name) => `s::${name}`);
  return { ...likenessOf({ nearest: ids, of }, spreadOf(Object.values(cosines))), weight };
}

const RENT = tool('rent', 'Reserve a car.');
const FLY = tool('fly', 'Buy plane tickets.');
const COOK = tool('cook', 'Recipes for dinner.');

function found(catalog: Catalog, query: string, meaning?: WeightedLikeness, visible: typeof all = all) {
  return catalog
    .search(query, { limit: 60, visible, likeness: meaning })
    .hits.map(({ entry }) => entry.definition.name);
}

const all = (_tool: ToolEntry) => true;

test('a tool without a word of the query is found by its meaning, behind those that have its words [semantics.fusion]', async () => {
  const catalog = await catalogOf([RENT, FLY, COOK]);
  const near = likeness({ rent: 0.8, fly: 0.3, cook: 0.2 });
  expect(found(catalog, 'automobile')).toEqual([]);
  expect(found(catalog, 'automobile', near)).toEqual(['rent', 'fly', 'cook']);
  expect(found(catalog, 'recipes', likeness({ rent: 0.31, fly: 0.3, cook: 0.3 }))[0]).toBe('cook');
});

test('equal by words, the more alike comes first; ties go by id [semantics.fusion]', async () => {
  const catalog = await catalogOf([tool('a', 'Sends it.'), tool('b', 'Sends it.'), tool('c', 'Sends it.')]);
  expect(found(catalog, 'sends')).toEqual(['a', 'b', 'c']);
  expect(found(catalog, 'sends', likeness({ a: 0.1, b: 0.2, c: 0.3 }))).toEqual(['c', 'b', 'a']);
  expect(found(catalog, 'sends', likeness({ a: 0.2, b: 0.3, c: 0.2 }))).toEqual(['b', 'a', 'c']);
  expect(found(catalog, 'sends', likeness({ b: 0.3, c: 0.2 }))).toEqual(['b', 'a', 'c']);
});

test('only differences count: of a model whose cosines are all high, and not if all are alike [semantics.fusion]', async () => {
  const catalog = await catalogOf([tool('a', 'Sends a letter.'), tool('b', 'Sends letters.'), tool('c', 'Sends.')]);
  const low = catalog.search('send', { limit: 9, visible: all, likeness: likeness({ a: 0.1, b: 0.2, c: 0.4 }) });
  const high = catalog.search('send', { limit: 9, visible: all, likeness: likeness({ a: 0.82, b: 0.84, c: 0.88 }) });
  expect(high.hits.map(({ entry }) => entry.id)).toEqual(low.hits.map(({ entry }) => entry.id));
  expect(high.hits[1]?.share).toBeCloseTo(low.hits[1]?.share ?? 0, 6);
  const alike = catalog.search('send', { limit: 9, visible: all, likeness: likeness({ a: 0.5, b: 0.5, c: 0.5 }) });
  expect(alike.hits).toEqual(catalog.search('send', { limit: 9, visible: all }).hits);
});

test('a weight of 0 leaves the order of the words [semantics.fusion]', async () => {
  const catalog = await catalogOf([tool('a', 'Sends it.'), tool('b', 'Sends it.')]);
  expect(found(catalog, 'sends', likeness({ a: 0.1, b: 0.9 }, 0))).toEqual(['a', 'b']);
});

test('tools that are hidden, gone or not yet known to the model do no harm [semantics.fusion]', async () => {
  const catalog = await catalogOf([RENT, FLY, COOK]);
  const near = likeness({ rent: 0.8, gone: 0.7, fly: 0.3 });
  expect(found(catalog, 'recipes for an automobile', near)).toEqual(expect.arrayContaining(['rent', 'cook']));
  expect(found(catalog, 'automobile', near, ({ id }) => id !== 's::rent')).toEqual(['fly']);
  expect(found(catalog, 'automobile', likeness({}))).toEqual([]);
});

test('of thousands of like tools a bounded number joins, each once [semantics.fusion]', async () => {
  const many = Array.from({ length: 100 }, (_, at) => tool(`t${at}`, at < 70 ? `Letter ${at}.` : 'Envelope.'));
  const catalog = await catalogOf(many);
  const names = found(catalog, 'letter', likeness(Object.fromEntries(many.map(({ name }, at) => [name, at / 200]))));
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => Number(name.slice(1)) >= 70)).toHaveLength(10);
});

test('what is clearly nearest in meaning fits weakly, what is hardly nearer than the rest does not [semantics.fits]', async () => {
  const catalog = await catalogOf([RENT, FLY, COOK, ...Array.from({ length: 9 }, (_, at) => tool(`x${at}`, 'Other.'))]);
  const others = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`x${at}`, 0.1 + at / 100]));
  const search = (rent: number) =>
    catalog.search('automobile', {
      limit: 5,
      visible: all,
      likeness: likeness({ rent, fly: 0.12, cook: 0.1, ...others }),
    });
  const clear = search(0.75);
  expect(clear.found).toBeGreaterThan(0);
  expect(clear.hits.map(matchOf)).not.toContain('strong');
  expect(search(0.22).found).toBe(0);
  expect(search(0.22).hits).toHaveLength(5);
});

test('a standard score tells how far above the mean a number is; nothing if it is unknown or all are alike', () => {
  expect(standardScore(4, spreadOf([2, 4]))).toBe(1);
  expect(standardScore(undefined, spreadOf([2, 4]))).toBe(0);
  expect(standardScore(2, spreadOf([2, 2]))).toBe(0);
  expect(standardScore(1, spreadOf([]))).toBe(0);
});
