import { expect, test } from 'vitest';
import {
  isSameJson,
  keepSources,
  parseJson,
  parseMessage,
  sourceOf,
  unmarked,
  withMarks,
  withNumber,
  writeJson,
} from '../../../src/core/exact-json.ts';
import type { JsonObject } from '../../../src/core/json.ts';

const NUMBERS = '[9007199254740993,1.0,1e400,-0,-0.0,0.1000000000000000055,12345678901234567890.123,1E5,0.0000001]';

test.each([
  [`{"a":${NUMBERS}}`],
  ['[[1.0]]'],
  ['{"__proto__":1.0,"constructor":{"length":-0}}'],
  ['{"text":"1.0, 2.0 \\\\","n":1.0,"more":"\\"1e5"}'],
  ['{"n":9007199254740993}'],
  ['{"id":1.0}'],
])('%s is written as it came [numbers.exact]', (text) => {
  expect(writeJson(parseJson(text))).toBe(text);
});

test('copies keep the texts, and a member that was changed is written as it is now [numbers.exact]', () => {
  const read = parseJson('{"a":1.0,"b":2.0,"c":[3.0,4.0]}') as JsonObject;
  const { a: _, ...rest }: JsonObject = { ...read, b: 5 };
  expect(writeJson(rest)).toBe('{"b":5,"c":[3.0,4.0]}');
  const list = read.c as number[];
  expect(
    writeJson(
      keepSources(
        list.map((each) => each),
        list,
      ),
    ),
  ).toBe('[3.0,4.0]');
  expect(sourceOf(read, 'a')).toBe('1.0');
  expect(writeJson(withNumber({ x: 1 }, 'x', '1e400'))).toBe('{"x":1e400}');
});

test('numbers are numbers to whoever reads them, and an id is a plain one [numbers.plain]', () => {
  expect(Object.entries(parseJson('{"a":1.0,"b":9007199254740993}') as JsonObject)).toEqual([
    ['a', 1],
    ['b', 9007199254740992],
  ]);
  const { id } = parseMessage('{"id":7.0,"result":{"n":1.0}}') as JsonObject;
  expect(JSON.stringify({ id })).toBe('{"id":7}');
  expect(isSameJson(parseJson('{"a":[1.0]}'), { a: [1] })).toBe(true);
  expect(isSameJson(parseJson('{"a":[1.5]}'), { a: [1] })).toBe(false);
});

test.each(['{1.0:2}', '{"a":1.0.0}', '[1.0 2.0]', '[01.0]', '[1.]', '[-]', '[1e]', '1.0x', '{"a":1.0'])(
  '%s is no JSON [numbers.plain]',
  (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  },
);

test.each(['1.0', '-0', '1e5', '[1.0]', '{"n":1.0}', '9007199254740993', '"a\\"1.0",1.0', '[1,1.50]'])(
  'of hundreds of thousands of %s none is lost [numbers.many]',
  (item) => {
    const text = `{"list":[${`${item},`.repeat(200_000)}1]}`;
    const read = parseJson(text);
    expect(writeJson(read) === text).toBe(true);
    expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(text)));
  },
);

test.each([
  ['{"a":{"x":1.0},"a":{"x":2}}', '{"a":{"x":2}}'],
  ['{"a":{"x":1.0},"a":[2.0]}', '{"a":[2.0]}'],
  ['{"a":[1,2.0],"a":{"1":3.0}}', '{"a":{"1":3.0}}'],
  ['{"a":{"constructor":{"x":1.0},"__proto__":{"y":1.0}},"a":{}}', '{"a":{}}'],
  ['{"a":1.0,"\\u0061":2.0}', '{"a":2.0}'],
  ['{"2":2.0,"1":{"x":1.0}}', '{"1":{"x":1.0},"2":2.0}'],
  [' [ 1.0 , { "a\\"b" : -1.50E+1 } ]\n', '[1.0,{"a\\"b":-1.50E+1}]'],
  ['1.0', '1'],
])('%s is written as %s, and nothing else learns of its numbers [numbers.many]', (text, written) => {
  expect(writeJson(parseJson(text))).toBe(written);
  expect(Object.getOwnPropertySymbols(Object.prototype)).toEqual([]);
});

test.each([undefined, 2])(
  'whatever else is beside them is written as ever (indented by %s) [numbers.many]',
  (space) => {
    const other = { a: [], b: {}, c: [undefined, () => 1, Number.NaN, new Date(0)], d: undefined, é: '\ud800"' };
    const value = { ...other, nested: [{ ...other }, ...new Array(1)], number: parseJson('[1.0,{"n":2.0}]') };
    const plain = { ...value, number: ['1.0', { n: '2.0' }] };
    const expected = JSON.stringify(plain, undefined, space).replace(/"(\d\.0)"/g, '$1');
    expect(writeJson(value, space)).toBe(expected);
  },
);

test('where a parser of its own stands between, they are marked, and no number otherwise [numbers.many]', () => {
  const text = '{"jsonrpc":"2.0","id":1,"result":{"__proto__":1.0,"list":[1.0,1,{"n":-0}]}}';
  const marked = JSON.stringify(withMarks(parseMessage(text)));
  expect(JSON.parse(marked).result).toMatchObject({ list: [expect.any(String), 1, { n: expect.any(String) }] });
  expect(unmarked(marked)).toBe(text);
});

test('depth is no burden [numbers.plain]', () => {
  const deep = `${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`;
  expect(Array.isArray(parseJson(deep))).toBe(true);
});
