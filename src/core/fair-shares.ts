/**
 * Returns how much of a resource one caller may take if it is never taken back. If the resource is shared, that is
 * three quarters of what the others leave, at least 1 if anything is left, so that a new caller finds room; otherwise
 * all.
 */
export function shareOf(whole: number, { others, isShared }: { others: number; isShared: boolean }): number {
  const left = Math.max(0, whole - others);
  return isShared ? Math.max(Math.min(left, 1), Math.floor((left * 3) / 4)) : left;
}

/** An item stored for an owner. */
export interface Kept<T> {
  readonly owner: string;
  readonly item: T;
  readonly size: number;
  /** True if `Shares` dropped or removed the item. */
  readonly isGone: boolean;
}

interface Entry<T> extends Kept<T> {
  isGone: boolean;
  next?: Entry<T>;
}

interface Line<T> {
  size: number;
  first: Entry<T>;
  last: Entry<T>;
}

/** `drop` looks for the owner with the most after one drop for each 16 owners. */
const OWNERS_A_STEP = 16;

/**
 * Items stored for several owners. `drop` removes the oldest item of the owner with the most, so that no owner loses
 * items to one with more, and a single owner may have all. Takes constant time, except that it looks for the owner with
 * the most once in a while.
 */
export class Shares<T> {
  readonly #lines = new Map<string, Line<T>>();
  #latest: Entry<T> | undefined;
  #largest: string | undefined;
  #drops = 0;
  #size = 0;
  #count = 0;

  /** Sum of the sizes of all items. */
  get size(): number {
    return this.#size;
  }

  get count(): number {
    return this.#count;
  }

  add(owner: string, item: T, size = 1): Kept<T> {
    const entry: Entry<T> = { owner, item, size, isGone: false };
    const line = this.#lines.get(owner);
    if (line) {
      line.last.next = entry;
      line.last = entry;
      line.size += size;
    } else this.#lines.set(owner, { size, first: entry, last: entry });
    this.#latest = entry;
    this.#size += size;
    this.#count++;
    if (this.#sizeOf(owner) > this.#sizeOf(this.#largest)) this.#largest = owner;
    return entry;
  }

  /**
   * Drops the oldest item of the owner with the most and returns it; undefined if there is none or it is the latest
   * added.
   */
  drop(): Kept<T> | undefined {
    if (this.#largest === undefined || ++this.#drops * OWNERS_A_STEP >= this.#lines.size) this.#findLargest();
    const first = this.#largest === undefined ? undefined : this.#lines.get(this.#largest)?.first;
    if (!first || first === this.#latest) return undefined;
    this.remove(first);
    return first;
  }

  /** Removes an item; does nothing if it is gone already. */
  remove(kept: Kept<T>): void {
    const entry = kept as Entry<T>; // as `add` made it
    if (entry.isGone) return;
    entry.isGone = true;
    this.#size -= entry.size;
    this.#count--;
    const line = this.#lines.get(entry.owner) as Line<T>; // it held the entry
    line.size -= entry.size;
    while (line.first.isGone && line.first.next) line.first = line.first.next;
    if (!line.first.isGone) return;
    this.#lines.delete(entry.owner);
    if (this.#largest === entry.owner) this.#largest = undefined;
  }

  #sizeOf(owner: string | undefined): number {
    return owner === undefined ? -1 : (this.#lines.get(owner)?.size ?? -1);
  }

  #findLargest(): void {
    this.#drops = 0;
    let most = -1;
    for (const [owner, { size }] of this.#lines) {
      if (size <= most) continue;
      most = size;
      this.#largest = owner;
    }
  }
}

/** Places for running calls or jobs: bounded in number, with room left for other callers if there may be any. */
export class Places {
  readonly #max: () => number;
  readonly #isShared: () => boolean;
  readonly #callers = new Map<string, number>();
  #taken = 0;

  /** `max` returns the number of places; `isShared` returns true if several callers may come. */
  constructor(max: () => number, isShared: () => boolean) {
    this.#max = max;
    this.#isShared = isShared;
  }

  /** Number of places taken, by all callers together. */
  get taken(): number {
    return this.#taken;
  }

  hasRoomFor(caller: string): boolean {
    const own = this.#callers.get(caller) ?? 0;
    return own < shareOf(this.#max(), { others: this.#taken - own, isShared: this.#isShared() });
  }

  /** Takes a place; returns a function that gives it back, once. */
  take(caller: string): () => void {
    this.#change(caller, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#change(caller, -1);
      isTaken = false;
    };
  }

  #change(caller: string, by: number): void {
    this.#taken += by;
    const own = (this.#callers.get(caller) ?? 0) + by;
    if (own > 0) this.#callers.set(caller, own);
    else this.#callers.delete(caller);
  }
}
