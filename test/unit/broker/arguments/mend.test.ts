import { expect, test } from 'vitest';
import { mendArguments } from '../../../../src/broker/arguments/mend-arguments.ts';
import type { JsonObject } from '../../../../src/core/json.ts';

const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...rest });
const mendOne = (schema: unknown, value: unknown, rest?: JsonObject) =>
  mendArguments(object({ it: schema }, rest), { it: value });

const STRING = { type: 'string' };
const NUMBER = { type: 'number' };
const INTEGER = { type: 'integer' };
const STRINGS = { type: 'array', items: STRING };
const FILTER = object({ limit: INTEGER, exact: { type: 'boolean' } });

test.each([
  ['a number', NUMBER, '2.5', 2.5, 'args.it: "2.5" → 2.5'],
  ['a whole number', INTEGER, ' 5 ', 5, 'args.it: " 5 " → 5'],
  ['true', { type: 'boolean' }, 'true', true, 'args.it: "true" → true'],
  ['False as Python writes it', { type: 'boolean' }, 'False', false, 'args.it: "False" → false'],
  ['null', { type: ['integer', 'null'] }, 'null', null, 'args.it: "null" → null'],
  ['an object', FILTER, '{"limit":3}', { limit: 3 }, 'args.it: "{\\"limit\\":3}" → {"limit":3}'],
  ['an array', STRINGS, '["a"]', ['a'], 'args.it: "[\\"a\\"]" → ["a"]'],
  ['strings in a string', FILTER, '{"limit":"3"}', { limit: 3 }, 'args.it: "{\\"limit\\":\\"3\\"}" → {"limit":3}'],
  ['a string', STRING, 5, '5', 'args.it: 5 → "5"'],
  ['a string from a boolean', STRING, true, 'true', 'args.it: true → "true"'],
  ['an enum of strings', { enum: ['1', '2'] }, 1, '1', 'args.it: 1 → "1"'],
  ['an enum of numbers', { enum: [1, 2] }, '2', 2, 'args.it: "2" → 2'],
  ['a nullable type', { type: ['integer', 'null'] }, '7', 7, 'args.it: "7" → 7'],
  ['nullable by anyOf', { anyOf: [INTEGER, { type: 'null' }] }, '7', 7, 'args.it: "7" → 7'],
  ['one item', STRINGS, 'a', ['a'], 'args.it: "a" → ["a"]'],
  ['one item of another type', { type: 'array', items: INTEGER }, '5', [5], 'args.it: "5" → [5]'],
  [
    'one object',
    { type: 'array', items: FILTER },
    { limit: '1' },
    [{ limit: 1 }],
    'args.it: {"limit":"1"} → [{"limit":1}]',
  ],
  ['allOf', { allOf: [{ type: 'integer' }, { minimum: 1 }] }, '5', 5, 'args.it: "5" → 5'],
])('%s is mended [args.mend, args.said]', (_, schema, value, expected, line) => {
  expect(mendOne(schema, value)).toEqual({ args: { it: expected }, mended: [line] });
});

test.each([
  ['what the schema accepts', { type: ['string', 'number'] }, '5'],
  ['an unsafe integer', INTEGER, '12345678901234567890'],
  ['text that is no number', NUMBER, '5 apples'],
  ['leading zeros', INTEGER, '007'],
  ['a fraction for a whole number', INTEGER, '5.5'],
  ['a fraction that may have been a text: 1.10', STRING, 1.1],
  ['yes for a boolean', { type: 'boolean' }, 'yes'],
  ['1 for a boolean', { type: 'boolean' }, 1],
  ['broken JSON', FILTER, '{"limit":'],
  ['JSON of another kind', FILTER, '[1]'],
  ['a list in a string', STRINGS, 'a, b'],
  ['a broken list', STRINGS, '["a"'],
  ['null', STRINGS, null],
  ['two branches fit', { anyOf: [{ type: 'boolean' }, STRINGS] }, 'true'],
  ['two readings', { anyOf: [NUMBER, STRINGS] }, '5'],
  ['a limit broken', { type: 'integer', maximum: 3 }, '5'],
  ['an unknown type', { type: 'file' }, '5'],
  ['a remote reference', { $ref: 'https://example.com/number.json' }, '5'],
  ['a cycle of references', { $ref: '#/properties/it' }, '5'],
])('what is not certain is left as it is: %s [args.untouched]', (_, schema, value) => {
  const args = { it: value };
  const mended = mendArguments(object({ it: schema }), args);
  expect(mended.args).toBe(args);
  expect(mended.mended).toEqual([]);
});

test('nested objects and arrays are mended, what is beside them stays the same object [args.mend]', () => {
  const schema = object({ list: { type: 'array', items: FILTER }, other: {} }, { additionalProperties: INTEGER });
  const args = { list: [{ limit: '1' }, { limit: 2 }], other: { deep: [1] }, more: '3' };
  const { args: after, mended } = mendArguments(schema, args);
  expect(after).toEqual({ list: [{ limit: 1 }, { limit: 2 }], other: { deep: [1] }, more: 3 });
  expect(after.other).toBe(args.other);
  expect(mended).toEqual(['args.list[0].limit: "1" → 1', 'args.more: "3" → 3']);
});

test('what can be mended is, beside what cannot [args.mend]', () => {
  const schema = object({ count: INTEGER, filter: FILTER }, { required: ['name'] });
  const { args } = mendArguments(schema, { count: '5', filter: '{"limit":"many"}' });
  expect(args).toEqual({ count: 5, filter: { limit: 'many' } });
});

test('the branch that fits after mending is taken when it is the only one [args.mend]', () => {
  const kind = (name: string, n: unknown) => object({ kind: { const: name }, n }, { required: ['kind', 'n'] });
  const union = { oneOf: [kind('count', INTEGER), kind('text', STRING)] };
  expect(mendOne(union, { kind: 'count', n: '5' }).args).toEqual({ it: { kind: 'count', n: 5 } });
  expect(mendOne(union, { kind: 'text', n: '5' }).mended).toEqual([]);
});

test.each([
  ['an object', { properties: { limit: INTEGER }, required: ['limit'] }, { limit: 'many' }],
  ['an empty object', { required: ['limit'] }, {}],
  ['a number', { maximum: 3 }, 3.5],
  ['an object of two types', { type: ['object', 'array'], required: ['limit'] }, {}],
])('%s is not put into an array to escape the rules of its schema [args.mend]', (_, schema, value) => {
  expect(mendOne(schema, value).mended).toEqual([]);
});

test('what is mended inside is mended around it at once, so that mending again changes nothing [args.mend]', () => {
  const schema = { type: 'array', properties: { limit: INTEGER } };
  expect(mendOne(schema, { limit: '5' }).args).toEqual({ it: [{ limit: 5 }] });
});

test('references are followed, round in circles too [args.mend, args.bounded]', () => {
  const node = object({ size: INTEGER, children: { type: 'array', items: { $ref: '#/$defs/a~1b%20c' } } });
  const mended = mendOne(
    { $ref: '#/$defs/a~1b%20c' },
    { children: [{ children: [{ size: '1' }] }] },
    {
      $defs: { 'a/b c': node },
    },
  );
  expect(mended.args).toEqual({ it: { children: [{ children: [{ size: 1 }] }] } });
});

test('a key __proto__ passes unharmed [args.untouched]', () => {
  const args = JSON.parse('{"__proto__":{"polluted":"1"},"count":"5"}') as JsonObject;
  const schema = JSON.parse('{"properties":{"count":{"type":"integer"},"__proto__":{"type":"object"}}}') as JsonObject;
  const { args: after } = mendArguments(schema, args);
  expect(JSON.stringify(after)).toBe('{"__proto__":{"polluted":"1"},"count":5}');
  expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
});

test('a mending is named briefly, however many and large [args.said]', () => {
  const { mended } = mendOne(
    { type: 'array', items: INTEGER },
    Array.from({ length: 100 }, (_, index) => String(index)),
  );
  expect(mended.slice(-2)).toEqual(['args.it[19]: "19" → 19', '… and 80 more']);
  const [line] = mendOne({ type: 'array', items: STRING }, 'a'.repeat(1e6)).mended;
  expect(line).toBe(`args.it: "${'a'.repeat(37)}…" → ["${'a'.repeat(37)}…`);
});

test('a schema that contradicts itself mends nothing, and the arguments stay the very same [args.untouched]', () => {
  const schema = { properties: { a: { type: 'number' } }, allOf: [{ properties: { a: STRING } }] };
  const args = { a: '5' };
  const { args: after, mended } = mendArguments(schema, args);
  expect(after).toBe(args);
  expect(mended).toEqual([]);
});

test('texts are read as JSON up to a number of members, in one text or all together [bounds.names]', () => {
  const text = (members: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: members }, (_, at) => [`k${at}`, 1])));
  const OBJECT = { type: 'object' };
  expect(mendOne(OBJECT, text(40_000)).mended).toHaveLength(1);
  expect(mendOne(OBJECT, text(50_001))).toEqual({ args: { it: text(50_001) }, mended: [] });
  for (const [texts, members] of [
    [10, 10_000],
    [3_000, 40],
  ] as const) {
    const given = Array.from({ length: texts }, () => text(members));
    const { args } = mendOne({ type: 'array', items: OBJECT }, given);
    const read = (args.it as unknown[]).filter((each) => typeof each === 'object');
    expect(read.length * members, `${texts}`).toBeLessThanOrEqual(50_000);
    expect(read.length, `${texts}`).toBeGreaterThan(0);
  }
});
