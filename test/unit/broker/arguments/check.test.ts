import { expect, test } from 'vitest';
import { checkArguments } from '../../../../src/broker/arguments/check-arguments.ts';
import { argumentsError } from '../../../../src/broker/arguments/fit-arguments.ts';
import { mendArguments } from '../../../../src/broker/arguments/mend-arguments.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { ToolEntry } from '../../../../src/core/tool.ts';

const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...rest });
const checkOne = (schema: unknown, value: unknown, rest?: JsonObject) =>
  checkArguments(object({ it: schema }, rest), { it: value }).map(
    ({ path, expected, found }) => `${path}: ${expected} / ${found}`,
  );

const INTEGER = { type: 'integer' };
const STRING = { type: 'string' };
const SHAPE = {
  oneOf: [object({ kind: { const: 'circle' }, r: INTEGER }), object({ kind: { const: 'box' }, w: INTEGER })],
};

test.each([
  ['a type', INTEGER, 'five', 'args.it: a whole number / string "five"'],
  ['a fraction', INTEGER, 1.5, 'args.it: a whole number / number 1.5'],
  ['several types', { type: ['array', 'null'] }, true, 'args.it: an array or null / boolean true'],
  ['an enum', { type: 'string', enum: ['a', 'b'] }, 'c', 'args.it: one of "a", "b" / string "c"'],
  ['a constant', { const: 1 }, 2, 'args.it: 1 / number 2'],
  ['a minimum', { type: 'number', minimum: 1 }, 0, 'args.it: at least 1 / number 0'],
  ['an exclusive maximum', { exclusiveMaximum: 9 }, 9, 'args.it: less than 9 / number 9'],
  ['a multiple', { multipleOf: 5 }, 7, 'args.it: a multiple of 5 / number 7'],
  ['a length', { minLength: 1 }, '', 'args.it: at least 1 character / string ""'],
  ['a number of items', { maxItems: 2 }, [1, 2, 3], 'args.it: at most 2 items / array [1,2,3]'],
  ['an item', { items: INTEGER }, [1, 'x'], 'args.it[1]: a whole number / string "x"'],
  ['an item of a tuple', { prefixItems: [STRING, INTEGER] }, ['a', 'b'], 'args.it[1]: a whole number / string "b"'],
  ['a nested value', object({ a: object({ b: INTEGER }) }), { a: { b: [] } }, 'args.it.a.b: a whole number / array []'],
  ['a missing one', object({}, { required: ['odd key'] }), {}, 'args.it["odd key"]: required / nothing'],
  ['one of a map', { additionalProperties: INTEGER }, { x: 'y' }, 'args.it.x: a whole number / string "y"'],
  ['a part of allOf', { allOf: [{}, INTEGER] }, 'x', 'args.it: a whole number / string "x"'],
  ['alternatives', { anyOf: [STRING, { type: 'null' }] }, 5, 'args.it: a string or null / number 5'],
  [
    'a limit of the nearest branch',
    { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
    0,
    'args.it: at least 1 / number 0',
  ],
  ['the branch that was meant', SHAPE, { kind: 'box', w: 'x' }, 'args.it.w: a whole number / string "x"'],
  [
    'the branch with nothing missing',
    { anyOf: [object({ url: STRING }, { required: ['url'] }), object({}, { required: ['path'] })] },
    { url: 5 },
    'args.it.url: a string / number 5',
  ],
  [
    'branches by what they require',
    { anyOf: [{ required: ['a'] }, { required: ['b', 'c'] }] },
    {},
    'args.it: an object with a or an object with b, c / object {}',
  ],
])('%s is named with path, expectation and what was found [args.problems]', (_, schema, value, line) => {
  expect(checkOne(schema, value)).toEqual([line]);
});

test.each([
  ['an unknown dialect', INTEGER, 'x', { $schema: 'https://example.com/dialect' }],
  ['a dialect that is no text', INTEGER, 'x', { $schema: { toString: 1 } }],
  ['a remote reference', { $ref: 'https://example.com/x.json' }, 'x', {}],
  ['a dangling reference', { $ref: '#/$defs/nothing' }, 'x', {}],
  ['an anchor', { $ref: '#name' }, 'x', {}],
  [
    'a cycle of references',
    { $ref: '#/$defs/a' },
    'x',
    { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
  ],
  ['a document within', { $id: 'https://example.com/in', type: 'integer' }, 'x', {}],
  ['a format', { type: 'string', format: 'email' }, 'x', {}],
  ['a pattern', { type: 'string', pattern: '(?P<never>^(a+)+$' }, 'x', {}],
  ['a name that the schema does not know', object({ a: {} }, { additionalProperties: false }), { c: { d: 1 } }, {}],
  ['names by pattern', { patternProperties: { '^x-': {} }, additionalProperties: false }, { 'x-a': 1 }, {}],
  ['unknown keywords', { type: 'integer', isOdd: true }, 2, {}],
  ['an unknown type', { type: 'file' }, 'x', {}],
  [
    'a malformed schema',
    { type: 5, enum: 'a', required: true, properties: [], items: 7, anyOf: {}, allOf: 'x' },
    [1],
    {},
  ],
  ['an empty list of types and values', { type: [], enum: [], oneOf: [] }, 1, {}],
  ['a negative zero', { enum: [0] }, -0, {}],
  ['several branches of oneOf', { oneOf: [INTEGER, { type: 'number' }] }, 1, {}],
  ['nullable', { type: 'string', nullable: true }, null, {}],
  ['a negation', { not: STRING }, 'x', {}],
  ['a required one with a default', object({ a: { default: 1 } }, { required: ['a'] }), {}, {}],
  [
    'keywords beside a $ref in draft 7',
    { $ref: '#/$defs/a', type: 'integer' },
    'x',
    { $schema: 'http://json-schema.org/draft-07/schema#', $defs: { a: STRING } },
  ],
  [
    'a boolean exclusiveMinimum of draft 4',
    { minimum: 1, exclusiveMinimum: true },
    1,
    { $schema: 'http://json-schema.org/draft-04/schema#' },
  ],
])('what is uncertain goes through: %s [args.lenient]', (_, schema, value, rest) => {
  expect(checkOne(schema, value, rest)).toEqual([]);
});

test('keywords beside a $ref count in 2020-12 [args.problems]', () => {
  const schema = { $ref: '#/$defs/a', maximum: 3 };
  expect(checkOne(schema, 4, { $defs: { a: INTEGER } })).toEqual(['args.it: at most 3 / number 4']);
});

test('at most eight different problems are told [args.problems]', () => {
  expect(checkOne({ items: INTEGER }, Array(20).fill('x'))).toHaveLength(8);
  expect(checkOne({ allOf: [INTEGER, { type: 'integer' }] }, 'x')).toHaveLength(1);
});

test('the schema is left as the server sent it [args.untouched]', () => {
  const schema = object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: INTEGER } });
  const before = structuredClone(schema);
  checkArguments(schema, { a: 'x' });
  mendArguments(schema, { a: '1' });
  expect(Reflect.ownKeys(schema.properties as object)).toEqual(['a']);
  expect(schema).toStrictEqual(before);
});

test('neither depth nor size nor a schema that doubles itself is a burden [args.bounded]', () => {
  const nest = (depth: number, leaf: unknown): JsonObject =>
    depth === 0 ? { leaf } : { child: nest(depth - 1, leaf), list: [] };
  const tree = object({ child: { $ref: '#' }, leaf: INTEGER, list: { type: 'array', items: { $ref: '#' } } });
  expect(checkArguments(tree, nest(10, 'x'))[0]?.path).toBe(`args${'.child'.repeat(10)}.leaf`);
  for (const args of [nest(200, 'x'), nest(5000, 'x')]) {
    expect(checkArguments(tree, args)).toEqual([]);
    expect(mendArguments(tree, args).args).toBe(args);
  }
  const twice = { allOf: [{ properties: { child: { $ref: '#' } } }, { properties: { child: { $ref: '#' } } }] };
  expect(checkArguments(twice, nest(60, 1))).toEqual([]);
  expect(mendArguments(twice, nest(60, 1)).mended).toEqual([]);
  const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
  const rows = object({ rows: { type: 'array', items: object({}, { required: names }) } });
  expect(checkOne(rows, { rows: Array(30_000).fill({}) })[7]).toBe('args.it.rows[0].n7: required / nothing');
  const text = 'x'.repeat(10_000_000);
  expect(checkOne(STRING, text)).toEqual([]);
  expect(checkOne(INTEGER, text)).toEqual([`args.it: a whole number / string "${'x'.repeat(37)}…"`]);
});

test('the refusal names tool, problems and parameters in under 1,200 characters [args.error]', () => {
  const tool: ToolEntry = { id: 'k8s::scale', server: 'k8s', tags: [], definition: { name: 'scale', inputSchema: {} } };
  const schema = object({ replicas: INTEGER, name: STRING }, { required: ['name'] });
  const problems = checkArguments(schema, { replicas: 'many' });
  const error = argumentsError(tool, problems, '(name: string, replicas?: integer)');
  expect(error.code).toBe('INVALID_ARGUMENTS');
  expect(error.details).toEqual({ tool: 'k8s::scale', problems });
  expect(error.message).toBe(
    'The call was not sent: k8s::scale does not take these arguments. args.name: required. args.replicas: expected a whole number; found string "many". Its parameters: (name: string, replicas?: integer). Correct args and call again.',
  );
});

test('the refusal stays short whatever it is about [args.error]', () => {
  const long = 'x'.repeat(10_000);
  const definition = { name: long, inputSchema: {} };
  const tool: ToolEntry = { id: `s::${long}`, server: 's', tags: [], definition };
  const names = Array.from({ length: 30 }, (_, index) => `${index}${long}`);
  const schema = object(Object.fromEntries(names.map((name) => [name, { enum: names }])));
  const problems = checkArguments(schema, Object.fromEntries(names.map((name) => [name, long])));
  const error = argumentsError(tool, problems, `(${long})`);
  expect(error.message.length).toBeLessThan(1200);
  expect(error.message).toMatch(/And \d more\./);
  expect(JSON.stringify(error.details).length).toBeLessThan(4000);
});
