import { expect, test } from 'vitest';
import { BoundedMap, type MapBounds } from '../../../src/core/bounded-map.ts';

/** A map of texts by their names, and what it has evicted so far. */
function newMap(bounds: Partial<MapBounds<string, string>>) {
  const evicted: string[] = [];
  const onEvicted = (value: string, key: string) => evicted.push(`${key}=${value}`);
  const map = new BoundedMap<string, string>({ maxEntries: 100, ...bounds, onEvicted });
  return { map, evicted };
}

test('beyond the number the entry goes that was set or used longest ago [bounded.map]', () => {
  const { map, evicted } = newMap({ maxEntries: 2 });
  for (const key of ['a', 'b']) map.set(key, '1');
  expect([map.use('a'), map.get('b')]).toEqual(['1', '1']);
  map.set('c', '1');
  expect([...map]).toEqual([
    ['a', '1'],
    ['c', '1'],
  ]);
  expect(evicted).toEqual(['b=1']);
});

test('an entry that is replaced or deleted is not evicted, and a replaced one is the last to go [bounded.map]', () => {
  const { map, evicted } = newMap({ maxEntries: 2 });
  map.set('a', '1');
  map.set('b', '1');
  map.set('a', '2');
  expect(map.delete('none')).toBe(false);
  map.set('c', '1');
  expect(map.delete('c')).toBe(true);
  map.clear();
  expect([evicted, map.size]).toEqual([['b=1'], 0]);
});

test('beyond the size as many go as must, but never the latest [bounded.map]', () => {
  const { map, evicted } = newMap({ size: { max: 5, of: (value) => value.length } });
  map.set('a', 'xx');
  map.set('b', 'xx');
  map.set('c', 'xxx');
  expect([[...map.keys()], map.totalSize, evicted]).toEqual([['b', 'c'], 5, ['a=xx']]);
  map.set('d', 'xxxxxxxxx');
  expect([[...map.keys()], map.totalSize]).toEqual([['d'], 9]);
  map.set('e', 'x');
  expect([[...map.values()], map.totalSize]).toEqual([['x'], 1]);
});

test('an entry that is too old is gone when it is asked for, and when another is set [bounded.map]', () => {
  let now = 0;
  const { map, evicted } = newMap({ age: { maxMs: 10, since: Number, now: () => now } });
  map.set('a', '0');
  map.set('b', '0');
  map.set('c', '5');
  now = 9;
  expect([map.get('a'), map.use('b'), evicted]).toEqual(['0', '0', []]);
  now = 10;
  expect([map.get('a'), map.use('a'), evicted]).toEqual([undefined, undefined, ['a=0']]);
  now = 15;
  map.set('d', '15');
  expect([[...map.keys()], evicted]).toEqual([['d'], ['a=0', 'c=5', 'b=0']]);
});

test('what a map begins with is bounded too [bounded.map]', () => {
  const map = new BoundedMap({ maxEntries: 2 }, [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
  expect([...map.keys()]).toEqual(['b', 'c']);
});
