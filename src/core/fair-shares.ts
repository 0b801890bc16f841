/**
 * How much of something that is not taken back one may have, where others may come: three quarters of what these leave, so
 * that whoever comes finds room. Somebody who cannot have company may have all.
 */
export function shareOf(whole: number, { others, isShared }: { others: number; isShared: boolean }): number {
  const left = Math.max(0, whole - others);
  return isShared ? Math.max(Math.min(left, 1), Math.floor((left * 3) / 4)) : left;
}

/** Something that is kept for somebody. */
export interface Kept<T> {
  readonly owner: string;
  readonly item: T;
  readonly size: number;
  /** It was dropped or removed. */
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

/** Between two looks for who has the most, as many are dropped as there are owners to a step of it. */
const OWNERS_A_STEP = 16;

/**
 * Things kept for several owners, as many as fit: what has to go is the oldest of whoever has the most, so that nobody is
 * robbed by somebody with more, and one alone may have all. In constant time, but that who has the most is told once in a while.
 */
export class Shares<T> {
  readonly #lines = new Map<string, Line<T>>();
  #latest: Entry<T> | undefined;
  #largest: string | undefined;
  #drops = 0;
  #size = 0;
  #count = 0;

  /** Of all that is kept, together. */
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

  /** Drops the oldest of whoever has the most; undefined where that is what was added last. */
  drop(): Kept<T> | undefined {
    if (this.#largest === undefined || ++this.#drops * OWNERS_A_STEP >= this.#lines.size) this.#findLargest();
    const first = this.#largest === undefined ? undefined : this.#lines.get(this.#largest)?.first;
    if (!first || first === this.#latest) return undefined;
    this.remove(first);
    return first;
  }

  /** Does nothing when it has gone already. */
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

/** Places for what runs, such as calls or jobs: bounded in number, with room for others where there may be any. */
export class Places {
  readonly #max: () => number;
  readonly #isShared: () => boolean;
  readonly #callers = new Map<string, number>();
  #taken = 0;

  /** `isShared`: several callers may come. */
  constructor(max: () => number, isShared: () => boolean) {
    this.#max = max;
    this.#isShared = isShared;
  }

  /** All that are taken. */
  get taken(): number {
    return this.#taken;
  }

  hasRoomFor(caller: string): boolean {
    const own = this.#callers.get(caller) ?? 0;
    return own < shareOf(this.#max(), { others: this.#taken - own, isShared: this.#isShared() });
  }

  /** Takes one; returns what gives it back, once. */
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
