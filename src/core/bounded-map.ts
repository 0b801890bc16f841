/** Bounds of a `BoundedMap`. */
export interface MapBounds<K, V extends NonNullable<unknown>> {
  /** Number of entries, at least 1. */
  readonly maxEntries: number;
  /** Bounds the sum of the sizes that `of` gives, in any unit; the latest entry stays though it alone be larger. */
  readonly size?: { readonly max: number; readonly of: (value: V) => number };
  /** Bounds the time in ms since the epoch ms that `since` gives; `now` is the clock, in epoch ms. */
  readonly age?: { readonly maxMs: number; readonly since: (value: V) => number; readonly now?: () => number };
  /** Called for each entry that a bound has pushed out, after that; not for one that was replaced or deleted. */
  readonly onEvicted?: (value: V, key: K) => void;
}

/**
 * A map that forgets: beyond a bound the entry goes that was set or used longest ago. Where several callers share a bound,
 * and none may push out what others keep, take `Shares` of `fair-shares.ts` instead.
 */
export class BoundedMap<K, V extends NonNullable<unknown>> implements Iterable<[K, V]> {
  readonly #bounds: MapBounds<K, V>;
  /** The entry that was set or used longest ago comes first. */
  readonly #entries = new Map<K, V>();
  #totalSize = 0;

  constructor(bounds: MapBounds<K, V>, entries: Iterable<readonly [K, V]> = []) {
    this.#bounds = bounds;
    for (const [key, value] of entries) this.set(key, value);
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Sum of the sizes of all values; 0 without a bound of size. */
  get totalSize(): number {
    return this.#totalSize;
  }

  /** The value, unless it is too old; its place in the order stays. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || !this.#isExpired(value)) return value;
    this.#evict(key, value);
    return undefined;
  }

  /** The value, as `get`, which counts as used: of all entries it is now the last to go. */
  use(key: K): V | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Adds or replaces an entry, which is then the last to go, and evicts what is too old or too much. */
  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#totalSize += this.#sizeOf(value);
    for (const [oldestKey, oldest] of this.#entries) {
      if (this.#isWithinBounds() && !this.#isExpired(oldest)) return;
      if (this.#entries.size === 1) return;
      this.#evict(oldestKey, oldest);
    }
  }

  /** Deletes an entry; returns true if it was there. */
  delete(key: K): boolean {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#totalSize -= this.#sizeOf(value);
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#totalSize = 0;
  }

  /** Entries from the first to go to the last. Entries too old may be among them until something is set. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }

  keys(): MapIterator<K> {
    return this.#entries.keys();
  }

  values(): MapIterator<V> {
    return this.#entries.values();
  }

  #sizeOf(value: V): number {
    return this.#bounds.size?.of(value) ?? 0;
  }

  #isWithinBounds(): boolean {
    const { maxEntries, size } = this.#bounds;
    return this.#entries.size <= maxEntries && (size === undefined || this.#totalSize <= size.max);
  }

  #isExpired(value: V): boolean {
    const { age } = this.#bounds;
    return age !== undefined && (age.now ?? Date.now)() - age.since(value) >= age.maxMs;
  }

  #evict(key: K, value: V): void {
    this.delete(key);
    this.#bounds.onEvicted?.(value, key);
  }
}
