import MiniSearch from 'minisearch';
import { expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { Catalog, sameJson } from '../../../src/search/catalog.ts';
import { FIELDS, type Field, type FieldTerms, fieldTerms } from '../../../src/search/fields.ts';
import { RANKING } from '../../../src/search/ranking-parameters.ts';
import { ToolIndex } from '../../../src/search/tool-index.ts';

const WORDS = Array.from({ length: 40 }, (_, at) => `word${at}`);
const visible = () => true;

/** The same numbers in every run, from 0 to below `below`. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function randomTerms(pick: (below: number) => number): FieldTerms {
  const some = () => [...new Set(Array.from({ length: pick(8) }, () => WORDS[pick(WORDS.length)] ?? ''))];
  return {
    name: some(),
    server: some(),
    summary: some(),
    details: some(),
    parameters: some(),
    parameterDetails: some(),
  };
}

/** MiniSearch over the same texts: of descriptions of parameters, only words that no other field has. */
function reference(documents: ReadonlyMap<number, FieldTerms>): MiniSearch<Record<Field, string> & { id: number }> {
  const index = new MiniSearch<Record<Field, string> & { id: number }>({
    fields: [...FIELDS],
    tokenize: (text) => text.split(' '),
    processTerm: (word) => word,
  });
  for (const [id, terms] of documents) {
    const others = new Set(FIELDS.slice(0, -1).flatMap((field) => terms[field]));
    const own = { ...terms, parameterDetails: terms.parameterDetails.filter((word) => !others.has(word)) };
    const text = (field: Field) => own[field].join(' ');
    index.add({
      id,
      name: text('name'),
      server: text('server'),
      summary: text('summary'),
      details: text('details'),
      parameters: text('parameters'),
      parameterDetails: text('parameterDetails'),
    });
  }
  return index;
}

/** All steps of a work at once. */
function toEnd(work: Generator<void>): void {
  for (const _ of work);
}

function scoresOf(index: ToolIndex, word: string): [number, number][] {
  const id = index.vocabulary.get(word);
  if (id === undefined) return [];
  const { documents, scores } = index.scores(id);
  return Array.from(documents, (document, at) => [document, scores[at] ?? 0]);
}

test('words are scored as MiniSearch does, after tools came, went and came again under the same numbers [searchspeed.bm25]', () => {
  const pick = generator(7);
  const index = new ToolIndex(RANKING.fields);
  const documents = new Map<number, FieldTerms>();
  for (let step = 0; step < 600; step++) {
    const id = pick(120);
    if (documents.delete(id)) toEnd(index.remove(id));
    else {
      const terms = randomTerms(pick);
      documents.set(id, terms);
      toEnd(index.add(id, terms));
    }
    if (step % 100 === 50) scoresOf(index, 'word1');
  }
  expect(index.size).toBe(documents.size);
  const expected = reference(documents);
  for (const word of WORDS) {
    const found = expected.search(word, { boost: RANKING.fields });
    const byNumber = found.map(({ id, score }): [number, number] => [id, score]).sort(([a], [b]) => a - b);
    const actual = scoresOf(index, word);
    expect(actual.map(([id]) => id)).toEqual(byNumber.map(([id]) => id));
    for (const [at, [, score]] of actual.entries()) expect(score).toBeCloseTo(byNumber[at]?.[1] ?? Number.NaN, 4);
    expect(index.vocabulary.tools(index.vocabulary.get(word) ?? -1)).toBe(found.length);
  }
  for (const [id, terms] of documents) {
    const { fields } = index.words(id);
    for (const field of FIELDS) {
      expect(Array.from(fields[field], (word) => index.vocabulary.word(word))).toEqual(terms[field]);
    }
  }
});

const noun = (at: number) => String.fromCharCode(...[at / 676, at / 26, at].map((n) => 97 + (Math.floor(n) % 26)));

function tools(size: number, what: string): ToolDefinition[] {
  return Array.from({ length: size }, (_, at) => ({
    name: `act_${noun(at)}`,
    description: `Does ${what} with one qq${noun(at)}.`,
    inputSchema: { type: 'object', properties: { id: { type: 'string', description: 'Which one' } } },
  }));
}

const find = (catalog: Catalog, query: string) => catalog.search(query, { limit: 20_000, visible });

test('a server that lists the same tools again is searched as before at every moment [searchspeed.relisted]', async () => {
  const catalog = new Catalog();
  const server = { key: 'shop', tags: ['a'], description: 'Everything for sale' };
  catalog.setServer(server, tools(500, 'something'));
  await catalog.indexed();
  const before = find(catalog, 'something');
  expect(before.hits).toHaveLength(500);
  const again = tools(500, 'something');
  expect(catalog.setServer({ ...server, tags: ['a'] }, again)).toEqual({ duplicates: [] });
  expect(catalog.isIndexed).toBe(false);
  expect(find(catalog, 'something')).toEqual(before);
  await catalog.indexed();
  expect(find(catalog, 'something')).toEqual(before);
  expect(catalog.toolsOf('shop').map(({ definition }) => definition)).toEqual(again);
  expect(catalog.get('shop::act_aab')?.definition).toBe(again[1]);
});

test('changed tools are found by their old words until the new ones are learnt [searchspeed.changed]', async () => {
  const catalog = new Catalog();
  catalog.setServer({ key: 'shop', tags: [] }, tools(500, 'something'));
  await catalog.indexed();
  const changed = [...tools(499, 'something'), ...tools(500, 'plenty').slice(499)];
  catalog.setServer({ key: 'shop', tags: [] }, changed);
  const [old] = find(catalog, `qq${noun(499)} something`).hits;
  expect(old?.entry.definition).toBe(changed[499]);
  expect(find(catalog, 'plenty').hits).toHaveLength(0);
  await catalog.indexed();
  expect(find(catalog, 'plenty').hits.map(({ entry }) => entry.definition)).toEqual([changed[499]]);
  expect(find(catalog, 'something').hits).toHaveLength(499);
  catalog.setServer({ key: 'shop', tags: [], description: 'Gardening' }, changed.slice(0, 300));
  expect(find(catalog, 'plenty').hits).toHaveLength(0);
  await catalog.indexed();
  expect(find(catalog, 'gardening').hits).toHaveLength(300);
  expect(catalog.size).toBe(300);
});

test('ten thousand tools of one server are learnt in many turns of the event loop [searchspeed.turns]', async () => {
  const catalog = new Catalog();
  catalog.setServer({ key: 'shop', tags: [] }, tools(10_000, 'something'));
  const found: number[] = [];
  for (; !catalog.isIndexed; await new Promise(setImmediate)) found.push(find(catalog, 'something').hits.length);
  expect(found.length).toBeGreaterThan(3);
  expect(found[0]).toBeLessThan(200);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(find(catalog, 'something').hits).toHaveLength(10_000);
});

function nested(levels: number): unknown {
  return JSON.parse(`${'{"items":'.repeat(levels)}1${'}'.repeat(levels)}`);
}

test('definitions of a hundred thousand levels are listed twice [searchspeed.deep]', async () => {
  const catalog = new Catalog();
  const list = (): ToolDefinition[] => [
    { name: 'deep_one', inputSchema: { type: 'object', default: nested(100_000) } },
    { name: 'deep_other', inputSchema: { type: 'object', default: nested(100_000) } },
  ];
  catalog.setServer({ key: 'shop', tags: [] }, list());
  await catalog.indexed();
  catalog.setServer({ key: 'shop', tags: [] }, list());
  await catalog.indexed();
  expect(find(catalog, 'deep').hits).toHaveLength(2);
});

test('JSON is the same whatever the order of its keys, and not when anything differs', () => {
  expect(sameJson({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] })).toBe(true);
  expect(sameJson(JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}'))).toBe(true);
  const different: [unknown, unknown][] = [
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: undefined }, { b: undefined }],
    [JSON.parse('{"__proto__":{"a":1}}'), { x: 1 }],
    [[], {}],
    [{}, []],
    [[1, 2], [1]],
    [null, {}],
    [{}, null],
    ['1', 1],
    [nested(200), nested(200)],
  ];
  for (const [a, b] of different) expect([a, b, sameJson(a, b)]).toEqual([a, b, false]);
});

/** Texts of a script in which nearly each word is new. */
function strange(from: number, size: number, chars: number, wordChars: number): string {
  const pick = generator(chars + wordChars);
  const letters = Array.from({ length: chars }, () => String.fromCodePoint(from + pick(size)));
  return letters.map((letter, at) => (at % wordChars === 0 ? ` ${letter}` : letter)).join('');
}

test.each([
  ['Han', 0x4e00, 20_000, 1_000],
  ['Hangul', 0xac00, 11_000, 4],
  ['Yi', 0xa000, 1_100, 5],
  ['Latin', 0x61, 26, 9],
])(
  'of a tool that says thousands of words in %s a bounded number is learnt, in steps [searchspeed.strange]',
  (_script, from, size, wordChars) => {
    const text = () => strange(from, size, 20_000, wordChars);
    const properties = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [
        `p${at} ${strange(from, size, 500 + at, wordChars)}`,
        { description: text() },
      ]),
    );
    const definition: ToolDefinition = {
      name: 'strange',
      description: text(),
      inputSchema: { type: 'object', properties },
    };
    const terms = fieldTerms({ id: 's::strange', server: 's', tags: [], definition });
    const words = FIELDS.flatMap((field) => terms[field]);
    expect(words.length).toBeGreaterThan(100);
    expect(words.length).toBeLessThanOrEqual(500);
    expect(Math.max(...words.map(({ length }) => length))).toBeLessThanOrEqual(40);
    const index = new ToolIndex(RANKING.fields);
    const steps = [...index.add(0, terms)].length;
    expect(steps).toBeGreaterThan(words.length / 20);
    expect(index.size).toBe(1);
    expect([...index.remove(0)].length).toBeGreaterThan(words.length / 20);
    expect(index.size).toBe(0);
    expect(words.filter((word) => index.vocabulary.get(word) !== undefined)).toEqual([]);
  },
);

test('a tool is found whole or not at all while its words are learnt and forgotten [searchspeed.strange]', () => {
  const index = new ToolIndex(RANKING.fields);
  const pick = generator(3);
  const terms = { ...randomTerms(pick), details: Array.from({ length: 100 }, (_, at) => `detail${at}`) };
  toEnd(index.add(0, terms));
  for (const work of [index.add(1, terms), index.remove(1)]) {
    for (const _ of work) {
      for (const word of ['detail0', 'detail99']) {
        const found = scoresOf(index, word).map(([document]) => document);
        expect(found.every((document) => index.words(document).ids.length > 0)).toBe(true);
        expect(index.vocabulary.tools(index.vocabulary.get(word) ?? -1)).toBe(found.length);
      }
    }
  }
  expect(scoresOf(index, 'detail99').map(([document]) => document)).toEqual([0]);
});
