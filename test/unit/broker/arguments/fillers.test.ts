import { expect, test } from 'vitest';
import { checkArguments } from '../../../../src/broker/arguments/check-arguments.ts';
import { mendArguments } from '../../../../src/broker/arguments/mend-arguments.ts';
import { parseJson, writeJson } from '../../../../src/core/exact-json.ts';
import type { JsonObject } from '../../../../src/core/json.ts';

const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...rest });
const STRING = { type: 'string' };
const NULL = { type: 'null' };
const STRINGS = { type: 'array', items: STRING };
const WORDS = [
  '',
  '  ',
  'null',
  'None',
  'NONE',
  'undefined',
  'N/A',
  'n/a',
  'nil',
  '""',
  "''",
  'NaN',
  '-',
  '--',
  '—',
  '\u200b',
  '\u2060 ',
  '"null"',
  "'None'",
  '#N/A',
  '<nil>',
  '(none)',
  'none.',
];

/** What the server would get, or `refused`. */
function sent(schema: JsonObject, args: JsonObject): unknown {
  const mended = mendArguments(schema, args).args;
  return checkArguments(schema, mended).length > 0 ? 'refused' : mended;
}

test.each<[string, unknown]>([
  ['a list', STRINGS],
  ['a list of numbers', { type: 'array', items: { type: 'integer' } }],
  ['a list of anything', { type: 'array' }],
  ['an object', { type: 'object' }],
  ['a number', { type: 'number' }],
  ['a boolean', { type: 'boolean' }],
  ['a text that must not be empty', { type: 'string', minLength: 12 }],
  ['a text of some words', { enum: ['open', 'closed'] }],
  ['a date', { type: 'string', format: 'date' }],
  ['a text of a pattern', { type: 'string', pattern: '^[A-Z]{3}-\\d+$' }],
  ['a list by reference', { $ref: '#/$defs/list' }],
  ['one of two', { anyOf: [STRINGS, { type: 'object' }] }],
])('what says nothing is left out where %s may be left out, and refused where not [args.fillers]', (_, schema) => {
  for (const word of WORDS) {
    const more = { $defs: { list: STRINGS } };
    const optional = object({ it: schema, other: STRING }, more);
    expect(sent(optional, { it: word, other: word }), word).toEqual({ other: word });
    expect(mendArguments(optional, { it: word }).mended).toEqual([`args.it: ${JSON.stringify(word)} → left out`]);
    expect(sent(object({ in: optional }, more), { in: { it: word } }), word).toEqual({ in: {} });
    const isFree = 'format' in (schema as JsonObject) || 'pattern' in (schema as JsonObject);
    expect(sent(object({ it: schema }, { ...more, required: ['it'] }), { it: word }), word).toEqual(
      isFree ? { it: word } : 'refused',
    );
  }
});

test('where null may be given it is null [args.fillers]', () => {
  for (const word of WORDS) {
    for (const it of [
      { anyOf: [STRINGS, NULL] },
      { type: ['integer', 'null'] },
      { anyOf: [{ type: 'string', format: 'date' }, NULL] },
    ])
      expect(sent(object({ it }), { it: word }), word).toEqual({ it: null });
    expect(sent(object({ it: { anyOf: [STRINGS, NULL] } }, { required: ['it'] }), { it: word })).toEqual({ it: null });
  }
});

test.each<[string, unknown, unknown, unknown]>([
  ['false for a list', STRINGS, false, 'refused'],
  ['0 for a list', STRINGS, 0, 'refused'],
  ['0 for a list of numbers', { type: 'array', items: { type: 'integer' } }, 0, 'refused'],
  ['false for an object', { type: 'object' }, false, 'refused'],
  ['0 for an object', { type: 'object' }, 0, 'refused'],
  ['false for a text', STRING, false, 'refused'],
  ['0 for a text', STRING, 0, 'refused'],
  ['the text false for a list', STRINGS, 'false', 'refused'],
  ['the text 0 for a list', STRINGS, '0', 'refused'],
  ['the text 0 for a list of numbers', { type: 'array', items: { type: 'integer' } }, '0', 'refused'],
  ['the text 0 for a number', { type: 'number' }, '0', 0],
  ['the text false for a boolean', { type: 'boolean' }, 'false', false],
  ['the text 0 for items that may be it', { type: 'array', items: { enum: ['0', '1'] } }, '0', ['0']],
  ['an empty object as text for a list', STRINGS, '{}', 'absent'],
  ['an empty list as text for an object', { type: 'object' }, ' [ ] ', 'absent'],
  ['an empty list as text for a list', STRINGS, '[]', []],
  ['an empty object as text for any text', STRING, '{}', '{}'],
  ['a code that is a word', STRINGS, 'NA', ['NA']],
  ['a word as the only item', STRINGS, ['None'], ['None']],
  ['a word for a host', { type: 'string', format: 'hostname' }, 'None', 'absent'],
  ['0 for a number', { type: 'number' }, 0, 0],
  ['false for a boolean', { type: 'boolean' }, false, false],
  ['0 for one of some texts', { enum: ['0', '1'] }, 0, '0'],
  ['false for one of some texts', { enum: ['true', 'false'] }, false, 'false'],
  ['a word that is one of those', { enum: ['None', 'all'] }, 'None', 'None'],
  ['a word that may be one of those', { enum: ['none', 'all'] }, 'None', 'refused'],
  ['a word that items may be', { type: 'array', items: { enum: ['none', 'read'] } }, 'none', ['none']],
  ['a word for any text', STRING, 'N/A', 'N/A'],
  ['a word for a text or a list', { anyOf: [STRING, STRINGS] }, '', ''],
  ['a word for anything', {}, 'null', 'null'],
  ['a list of such a word', STRINGS, [''], ['']],
  ['a default in its place', { type: 'array', default: [] }, '', 'absent'],
])('%s [args.fillers]', (_, it, value, expected) => {
  const args = sent(object({ it }), { it: value });
  expect(args).toEqual(expected === 'refused' ? expected : expected === 'absent' ? {} : { it: expected });
});

test('no item of a map is left out, nor what its schema does not name [args.fillers]', () => {
  const schema = { type: 'object', additionalProperties: { type: 'integer' } };
  expect(sent(schema, { a: '' })).toBe('refused');
});

test('numbers beyond doubles are let through as text, and none is rounded on its way through a mending [numbers.text]', () => {
  const schema = object({
    id: { type: 'integer' },
    share: { type: 'number' },
    ids: { type: 'array', items: { type: 'integer' } },
    name: STRING,
  });
  const exact = (text: string) => writeJson(sent(schema, parseJson(text) as JsonObject));
  for (const kept of [
    '{"id":"9007199254740993"}',
    '{"id":"-12345678901234567890"}',
    '{"share":"0.1000000000000000055"}',
    '{"share":"1e400"}',
    '{"id":9007199254740993,"share":1.0}',
  ])
    expect(exact(kept)).toBe(kept);
  expect(exact('{"ids":9007199254740993}')).toBe('{"ids":[9007199254740993]}');
  expect(exact('{"ids":["1",9007199254740993]}')).toBe('{"ids":[1,9007199254740993]}');
  expect(exact('{"ids":"[1,9007199254740993]"}')).toBe('{"ids":[1,9007199254740993]}');
  expect(exact('{"name":9007199254740993,"id":"5"}')).toBe('{"name":"9007199254740993","id":5}');
  expect(exact('{"share":"1.10"}')).toBe('{"share":1.1}');
  expect(exact('{"id":"0.1000000000000000055"}')).toBe('"refused"');
  expect(exact('{"id":"9007199254740993 apples"}')).toBe('"refused"');
});

test('limits do not refuse what they cannot tell from the limit [numbers.text]', () => {
  const limited = (limits: JsonObject) => object({ id: { type: 'integer', ...limits } });
  for (const limits of [{ exclusiveMaximum: 2 ** 63 }, { multipleOf: 10 }, { maximum: 2 ** 63 }])
    expect(writeJson(sent(limited(limits), parseJson('{"id":9223372036854775807}') as JsonObject))).toBe(
      '{"id":9223372036854775807}',
    );
});

test('what is said of numbers has them as they were written, and none is rounded on the way [numbers.words]', () => {
  const big = '9007199254740993';
  const schema = parseJson(
    `{"type":"object","properties":{"e":{"enum":[${big},1]},"c":{"const":${big}},"m":{"type":"integer","maximum":-${big}},"l":{"anyOf":[{"type":"array","items":{"type":"integer"}},{"type":"null"}]},"s":{"type":"array","items":{"type":"integer"}},"t":{"type":"boolean"}}}`,
  ) as JsonObject;
  const call = (text: string) => {
    const { args, mended } = mendArguments(schema, parseJson(text) as JsonObject);
    const problems = checkArguments(schema, args).map(({ expected, found }) => `${expected} / ${found}`);
    return [...(problems.length > 0 ? problems : [writeJson(args)]), ...mended];
  };
  expect(call(`{"e":"${big}","c":"${big}"}`)).toEqual([`{"e":"${big}","c":"${big}"}`]);
  expect(call(`{"e":"9007199254740995"}`)).toEqual([`one of ${big}, 1 / string "9007199254740995"`]);
  expect(call(`{"c":"x"}`)).toEqual([`${big} / string "x"`]);
  expect(call(`{"m":${big}}`)).toEqual([`at most -${big} / number ${big}`]);
  expect(call(`{"t":[${big}]}`)).toEqual([`true or false / array [${big}]`]);
  expect(call(`{"t":${big}}`)).toEqual([`true or false / number ${big}`]);
  expect(call(`{"s":${big}}`)).toEqual([`{"s":[${big}]}`, `args.s: ${big} → [${big}]`]);
  expect(call(`{"l":${big}}`)).toEqual([`{"l":[${big}]}`, `args.l: ${big} → [${big}]`]);
});
