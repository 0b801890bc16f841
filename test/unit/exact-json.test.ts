import { expect, test } from 'vitest';
import {
  isSameJson,
  keepSources,
  parseJson,
  parseMessage,
  sourceOf,
  withNumber,
  writeJson,
} from '../../src/core/exact-json.ts';
import type { JsonObject } from '../../src/core/json.ts';

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

test('depth is no burden [numbers.plain]', () => {
  const deep = `${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`;
  expect(Array.isArray(parseJson(deep))).toBe(true);
});
