import fc from 'fast-check';
import './seed.ts';
import { expect, test } from 'vitest';
import { BoundedMap } from '../../src/core/bounded-map.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('set' as const), key, fc.integer({ min: 0, max: 9 })) },
  fc.tuple(fc.constant('use' as const), key, fc.constant(0)),
  fc.tuple(fc.constant('get' as const), key, fc.constant(0)),
  fc.tuple(fc.constant('delete' as const), key, fc.constant(0)),
);
const bounds = fc.record({ maxEntries: fc.integer({ min: 1, max: 5 }), maxSize: fc.integer({ min: 0, max: 20 }) });

/** The plainest store of that kind: a list, the first to go in front. */
class ListStore {
  entries: [string, number][] = [];
  readonly evicted: [string, number][] = [];
  readonly #maxEntries: number;
  readonly #maxSize: number;

  constructor(maxEntries: number, maxSize: number) {
    this.#maxEntries = maxEntries;
    this.#maxSize = maxSize;
  }

  get totalSize(): number {
    return this.entries.reduce((sum, [, size]) => sum + size, 0);
  }

  set(name: string, value: number): void {
    this.delete(name);
    this.entries.push([name, value]);
    while (this.entries.length > 1 && (this.entries.length > this.#maxEntries || this.totalSize > this.#maxSize))
      this.evicted.push(...this.entries.splice(0, 1));
  }

  use(name: string): void {
    const value = this.get(name);
    if (value !== undefined) this.set(name, value);
  }

  get(name: string): number | undefined {
    return this.entries.find(([own]) => own === name)?.[1];
  }

  delete(name: string): void {
    this.entries = this.entries.filter(([own]) => own !== name);
  }
}

test('whatever is done, it holds and evicts what a plain list would, in the same order [bounded.map]', () => {
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 60 }), ({ maxEntries, maxSize }, steps) => {
      const plain = new ListStore(maxEntries, maxSize);
      const evicted: [string, number][] = [];
      const map = new BoundedMap<string, number>({
        maxEntries,
        size: { max: maxSize, of: (value) => value },
        onEvicted: (value, name) => evicted.push([name, value]),
      });
      for (const [verb, name, value] of steps) {
        if (verb !== 'set') expect(map.get(name)).toBe(plain.get(name));
        map[verb](name, value);
        plain[verb](name, value);
        expect([...map]).toEqual(plain.entries);
        expect([map.size, map.totalSize]).toEqual([plain.entries.length, plain.totalSize]);
        expect(evicted).toEqual(plain.evicted);
      }
    }),
  );
});
