import { expect, test } from 'vitest';
import { readArguments } from '../../../src/cli/commands/calling/read-arguments.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    count: { type: 'integer' },
    ratio: { type: 'number' },
    deep: { type: 'boolean' },
    mode: { enum: ['fast', 3] },
    either: { type: ['string', 'number'] },
    anything: {},
    names: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'integer' } },
    filter: {
      type: 'object',
      properties: { limit: { type: 'integer' }, since: { type: 'string' }, inner: { $ref: '#/$defs/inner' } },
    },
    points: { type: 'array', items: { type: 'object', properties: { x: { type: 'number' } } } },
    'dotted.name': { type: 'integer' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    union: { anyOf: [{ type: 'string' }, { type: 'object', properties: { id: { type: 'integer' } } }] },
  },
  $defs: { inner: { type: 'object', properties: { on: { type: 'boolean' } } } },
};

test.each([
  [['text=5'], { text: '5' }],
  [['text='], { text: '' }],
  [['text=a=b'], { text: 'a=b' }],
  [['text=true'], { text: 'true' }],
  [['text={"a":1}'], { text: '{"a":1}' }],
  [['count=5'], { count: 5 }],
  [['count=five'], { count: 'five' }],
  [['count=12345678901234567890'], { count: '12345678901234567890' }],
  [['ratio=-1.5e3'], { ratio: -1500 }],
  [['deep=true'], { deep: true }],
  [['mode=fast'], { mode: 'fast' }],
  [['mode=3'], { mode: 3 }],
  [['either=5'], { either: '5' }],
  [['either:=5'], { either: 5 }],
  [['anything=5'], { anything: 5 }],
  [['anything=five'], { anything: 'five' }],
  [['names=a'], { names: ['a'] }],
  [['names=a', 'names=5'], { names: ['a', '5'] }],
  [['names=["a","b"]'], { names: ['a', 'b'] }],
  [['names=Doe, Jane'], { names: 'Doe, Jane' }],
  [['sizes=1,2,3'], { sizes: [1, 2, 3] }],
  [['sizes=1', 'sizes=2'], { sizes: [1, 2] }],
  [['filter.limit=5', 'filter.since=2026'], { filter: { limit: 5, since: '2026' } }],
  [['filter.inner.on=true'], { filter: { inner: { on: true } } }],
  [['filter={"limit":5}'], { filter: { limit: 5 } }],
  [['filter={"limit":5}', 'filter.since=x'], { filter: { limit: 5, since: 'x' } }],
  [['points.0.x=1', 'points.1.x=2'], { points: [{ x: 1 }, { x: 2 }] }],
  [['dotted.name=7'], { 'dotted.name': 7 }],
  [['labels.a.b=1'], { labels: { a: { b: 1 } } }],
  [['labels.size=5'], { labels: { size: '5' } }],
  [['maybe=null'], { maybe: null }],
  [['union.id=5'], { union: { id: 5 } }],
  [['unknown.a=5'], { unknown: { a: 5 } }],
])('%j becomes %j by the schema of the tool [people.arguments]', (words, expected) => {
  expect(readArguments(words, SCHEMA)).toEqual(expected);
});

test('words go over --args, which may be anything JSON can say [people.arguments]', () => {
  const base = { text: 'base', filter: { limit: 1, since: 'then' } };
  expect(readArguments(['text=word', 'filter.limit=2'], SCHEMA, base)).toEqual({
    text: 'word',
    filter: { limit: 2, since: 'then' },
  });
  expect(base.filter.limit).toBe(1);
});

test('no name becomes a prototype [people.arguments]', () => {
  const args = readArguments(['__proto__.polluted=1', 'constructor=x'], {});
  expect(Object.keys(args)).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('a schema of an unknown dialect is read all the same [people.arguments]', () => {
  const schema = { ...SCHEMA, $schema: 'https://example.com/of-our-own' };
  expect(readArguments(['text=5', 'count=5'], schema)).toEqual({ text: '5', count: 5 });
});

test.each([
  [['word'], 'found "word", expected key=value'],
  [['=x'], 'found "=x", expected key=value'],
  [['a:={'], 'a: found "{", expected JSON after :='],
  [['text=x', 'text.a=1'], 'text.a: what it stands in was given as "x"'],
  [['points.1.x=1'], 'points.1.x: found "1", expected a place in the list, 0 to 0'],
])('%j is refused with what was expected [people.arguments]', (words, message) => {
  expect(() => readArguments(words, SCHEMA)).toThrow(message);
});
