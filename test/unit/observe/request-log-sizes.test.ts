import { expect, test } from 'vitest';
import { jsonSize } from '../../../src/observe/request-log.ts';

const written = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

test.each([
  ['an empty object', {}],
  ['an empty list', []],
  ['scalars', [null, true, false, 0, -1.5e-9, 1e21, '']],
  ['escapes', { 'a"b': 'line\nbreak\ttab\\ "quoted" \u0001' }],
  ['scripts', { grüße: ['日本語', '😀', '\ud800'] }],
  ['nesting', { a: [{ b: [{ c: [] }, {}] }, [[[1]]]] }],
  ['a text of 60 KB', { content: [{ type: 'text', text: 'line "1"\n'.repeat(6_700) }] }],
  ['1,900 values', { rows: Array.from({ length: 380 }, (_, id) => ({ id, name: `n${id}`, ok: true, x: null })) }],
])('the size of %s is exact [monitor.sizes]', (_, value) => {
  expect(jsonSize(value)).toEqual({ bytes: written(value), estimated: false });
});

test.each([
  ['a text of 5 MB', { content: [{ type: 'text', text: '{"a": "line\\n"}\n'.repeat(312_500) }] }],
  ['50,000 rows', { rows: Array.from({ length: 50_000 }, (_, id) => ({ id, name: `name ${id}`, tags: ['a', 'b'] })) }],
  ['a map of 20,000', Object.fromEntries(Array.from({ length: 20_000 }, (_, id) => [`key ${id}`, { id, on: true }]))],
  ['500 texts of 10 KB', Array.from({ length: 500 }, () => 'zwölf "Boxkämpfer"\n'.repeat(500))],
])('the size of %s is an estimate, said to be one, and near [monitor.sizes]', (_, value) => {
  const { bytes, estimated } = jsonSize(value);
  expect(estimated).toBe(true);
  expect(bytes / written(value)).toBeGreaterThan(0.9);
  expect(bytes / written(value)).toBeLessThan(1.1);
});

test('neither depth nor a cycle makes it fail [monitor.sizes]', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 100_000; level++) deep = [deep];
  expect(jsonSize(deep)).toMatchObject({ estimated: true });
  const cycle: Record<string, unknown> = {};
  cycle.self = [cycle, cycle];
  expect(jsonSize(cycle)).toMatchObject({ estimated: true });
});
