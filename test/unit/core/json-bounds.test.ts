import { expect, test } from 'vitest';
import { beyondBounds, idIn, MAX_JSON_DEPTH, membersIn, withFewUnknown } from '../../../src/core/json-bounds.ts';
import { isWritable, unwritable, writtenAnswer } from '../../../src/core/unwritable.ts';
import { messageText } from '../../../src/downstream/protocol/json-rpc.ts';

const nested = (levels: number, open = '[', close = ']') => `${open.repeat(levels)}1${close.repeat(levels)}`;

test.each([
  ['lists', nested(MAX_JSON_DEPTH), nested(MAX_JSON_DEPTH + 1)],
  ['objects', nested(MAX_JSON_DEPTH, '{"a":', '}'), nested(MAX_JSON_DEPTH + 1, '{"a":', '}')],
  ['both', nested(MAX_JSON_DEPTH / 2, '[{"a":', '}]'), `[${nested(MAX_JSON_DEPTH / 2, '[{"a":', '}]')}]`],
  ['lists that do not end', '['.repeat(MAX_JSON_DEPTH), '['.repeat(4_000_000)],
  ['lists beside each other', `[${'[],'.repeat(100_000)}[]]`, '[[],'.repeat(MAX_JSON_DEPTH + 1)],
])('%s are counted in depth [bounds.depth]', (_, within, beyond) => {
  expect(beyondBounds(within)).toBeUndefined();
  expect(beyondBounds(beyond)).toBe(`nested deeper than ${MAX_JSON_DEPTH} levels`);
});

test('brackets, colons and quotes within texts count as text, however they are escaped [bounds.depth]', () => {
  const odd = ['[', '{', ':', '"', '\\', '\\"', '\\\\"[', '"[{', 'x'.repeat(50), '\u2028[', '🙂{'];
  for (const text of odd) {
    const many = JSON.stringify({
      [text]: [text.repeat(1_000), `${'y'.repeat(23)}${text}`, `${text}${'z'.repeat(30)}\\`, 1],
    });
    expect(beyondBounds(many, { depth: 2, members: 1 }), text).toBeUndefined();
    expect(beyondBounds(`[${many}]`, { depth: 2 }), text).toContain('deeper');
    expect(beyondBounds(`[${many},{"b":1}]`, { depth: 3, members: 1 }), text).toContain('more than 1 members');
  }
});

test('the id of a message that is not parsed is found, but none that is not its own [bounds.depth]', () => {
  const deep = '['.repeat(10_000);
  expect(idIn(`{"jsonrpc":"2.0","id":7,"params":${deep}`)).toBe(7);
  expect(idIn(`{"params":{"id":1,"a":[]}, "id" : "x\\"y" ,"b":${deep}`)).toBe('x"y');
  expect(idIn(`{"id":-3`)).toBe(-3);
  for (const none of [`{"params":{"id":1}}`, `{"a":"id","b":5}`, `{"id":{}}`, `{"id":"unended`, '', deep])
    expect(idIn(none), none.slice(0, 30)).toBeNull();
});

test('of members that nobody knows a few are kept [bounds.members]', () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, index]));
  const few = withFewUnknown({ ...many, tool: 't', other: 1 }, ['tool', 'server']) as object;
  expect(Object.keys(few)).toHaveLength(21);
  expect(few).toHaveProperty('tool', 't');
  for (const value of [{ a: 1 }, [1], null, 'x']) expect(withFewUnknown(value, ['tool'])).toBe(value);
});

function deepValue(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

test('an answer that cannot be written is an error for its id; other messages throw [edge.unwritable]', () => {
  for (const result of [deepValue(100_000), { n: 1n }, cyclic]) {
    expect(JSON.parse(messageText({ jsonrpc: '2.0', id: 'a', result }))).toMatchObject({
      id: 'a',
      error: { code: -32_603 },
    });
    expect(() => messageText({ jsonrpc: '2.0', id: 1, method: 'x', params: result })).toThrow();
    expect(() => messageText({ jsonrpc: '2.0', method: 'x', params: result })).toThrow();
    expect(() => writtenAnswer(result)).toThrow(expect.objectContaining({ code: 'UPSTREAM_ERROR' }));
    expect(isWritable(result)).toBe(false);
  }
  expect(messageText({ id: 1, result: {} })).toBe('{"id":1,"result":{}}');
  expect(isWritable({ a: [1, 'x', null, deepValue(1_000)] })).toBe(true);
  expect(unwritable(new RangeError('Invalid string length'))).toBe('it is too long');
});

const objectOf = (members: number, name: (at: number) => string, value: unknown = 1) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: members }, (_, at) => [name(at), value])));

test('different names of members are bounded, members are not, whatever the names are [bounds.names]', () => {
  const bounds = { depth: 100, names: 20_000 };
  const more = 'with more than 20000 different names of members';
  const long = 'x'.repeat(100);
  const kinds: ((at: number) => string)[] = [
    (at) => `k${at}`,
    (at) => `${at}"`,
    (at) => `\\${at}\\`,
    (at) => `${long}${at}`,
    (at) => `${at}${long}`,
    (at) => `:${at}:`,
    (at) => String.fromCodePoint(0x4e00 + (at % 20_000), 0x4e00 + Math.floor(at / 20_000)),
  ];
  for (const name of kinds) {
    expect(beyondBounds(objectOf(30_000, name), bounds), name(1)).toBe(more);
    expect(beyondBounds(objectOf(15_000, name), bounds), name(1)).toBeUndefined();
    expect(beyondBounds(`[${objectOf(10_000, name)},${objectOf(30_000, name)}]`, bounds), name(1)).toBe(more);
    const record = objectOf(50, name, 'a:"b"');
    expect(beyondBounds(`[${Array(2_000).fill(record).join(' , ')}]`, bounds), name(1)).toBeUndefined();
  }
  const spaced = Array.from({ length: 30_000 }, (_, at) => `"k${at}"\n :\t"k"`);
  expect(beyondBounds(`{${spaced.join(',')}}`, bounds)).toBe(more);
  const values = Array.from({ length: 100_000 }, (_, at) => ({ a: `v${at}` }));
  expect(beyondBounds(JSON.stringify(values), bounds)).toBeUndefined();
  for (const broken of ['"a', '{"a', '{"a" ', ':'.repeat(30_000), '"a":'.repeat(30_000), '"'.repeat(30_001)])
    expect(beyondBounds(broken, bounds), broken.slice(0, 9)).toBeUndefined();
});

test('members of a text are counted but for what stands in texts [bounds.names]', () => {
  expect(membersIn(JSON.stringify({ a: ':', b: [{ ':': '":' }], 'c:': {} }))).toBe(4);
  for (const none of ['', '[]', '"a:b', '"\\":"']) expect(membersIn(none), none).toBe(0);
});
