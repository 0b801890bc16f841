/** Bounds of a `BoundedMap`. */
export interface MapBounds<K, V extends NonNullable<unknown>> {
  /** Number of entries, at least 1. */
  readonly maxEntries: number;
  /** Bounds the sum of the sizes that `of` gives, in any unit; the latest entry stays even if it alone is larger. */
  readonly size?: { readonly max: number; readonly of: (value: V) => number };
  /** Bounds the age of an entry in ms; it begins at `since`, in epoch ms. `now` is the clock, in epoch ms. */
  readonly age?: { readonly maxMs: number; readonly since: (value: V) => number; readonly now?: () => number };
  /** Called after a bound has pushed out an entry, but not after one was replaced or deleted. */
  readonly onEvicted?: (value: V, key: K) => void;
}

/**
 * A map that forgets: beyond a bound it evicts the entry that was set or used longest ago. If several callers share a
 * bound, and none may push out the entries of others, use `Shares` of `fair-shares.ts` instead.
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

  /** Returns the value, unless it is too old. Its place in the order of eviction stays. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || !this.#isExpired(value)) return value;
    this.#evict(key, value);
    return undefined;
  }

  /** Returns the value as `get` does and counts it as used: of all entries it is now evicted last. */
  use(key: K): V | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Adds or replaces an entry, which is then evicted last, and evicts entries that are too old or exceed a bound. */
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

  /** Deletes an entry; returns true if it existed. */
  delete(key: K): boolean {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#totalSize -= this.#sizeOf(value);
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#totalSize = 0;
  }

  /** Iterates over the entries in order of eviction. Until the next `set`, some may be too old. */
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
