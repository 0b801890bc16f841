import { randomBytes } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';
import { type Kept, Shares } from '../core/fair-shares.ts';

/** How much is kept. */
export interface Retention {
  readonly retentionMs: number;
  readonly maxRecords: number;
}

/** A page, newest first; `next` leads to the one after it, where there is any. */
export interface Page<R> {
  readonly records: readonly R[];
  readonly next?: string;
}

/** What is told of a record. */
export interface RecordTraits<R> {
  /** The epoch ms from which its age counts. */
  readonly endedAt: (record: R) => number;
  readonly owner: (record: R) => string;
}

interface Numbered<R> {
  readonly number: number;
  readonly record: R;
}

/** As many that are gone are let stand among the others before they are cleared away. */
const FEW_GONE = 64;

/**
 * Records, bounded by age and number: expired ones are dropped when one is added or asked for, without a timer, and of too
 * many the oldest of whoever has the most, so that nobody can hide what others did.
 */
export class RecentRecords<R> {
  readonly #retention: Retention;
  readonly #traits: RecordTraits<R>;
  readonly #now: () => number;
  /** In the order of their numbers, some that are gone among them. */
  #entries: Kept<Numbered<R>>[] = [];
  /** Those before it are gone. */
  #first = 0;
  readonly #shares = new Shares<Numbered<R>>();
  /** Tells our cursors from those of a log before this one, whose numbers mean other records. */
  readonly #mark = randomBytes(4).toString('hex');
  #next = 0;

  constructor(retention: Retention, traits: RecordTraits<R>, now: () => number) {
    this.#retention = retention;
    this.#traits = traits;
    this.#now = now;
  }

  add(record: R): void {
    this.#entries.push(this.#shares.add(this.#traits.owner(record), { number: this.#next++, record }));
    if (this.#shares.count > this.#retention.maxRecords) this.#shares.drop();
    this.#forget();
  }

  /** At most `limit` records that fit, older than those before `cursor`. Fails with `INVALID_ARGUMENTS` on a foreign cursor. */
  page(fits: (record: R) => boolean, limit: number, cursor?: string): Page<R> {
    this.#forget();
    const records: R[] = [];
    for (let index = this.#indexOf(this.#startOf(cursor)) - 1; index >= this.#first; index--) {
      const { isGone, item } = this.#entries[index] as Kept<Numbered<R>>; // within the bounds
      if (isGone || !fits(item.record)) continue;
      if (records.length === limit) return { records, next: this.#cursor(item.number + 1) };
      records.push(item.record);
    }
    return { records };
  }

  #forget(): void {
    const expired = this.#now() - this.#retention.retentionMs;
    for (; this.#first < this.#entries.length; this.#first++) {
      const entry = this.#entries[this.#first] as Kept<Numbered<R>>; // within the bounds
      if (!entry.isGone && this.#traits.endedAt(entry.item.record) > expired) break;
      this.#shares.remove(entry);
    }
    if (this.#entries.length <= 2 * this.#shares.count + FEW_GONE) return;
    this.#entries = this.#entries.filter(({ isGone }) => !isGone);
    this.#first = 0;
  }

  /** Of the first entry that has this number or a higher one. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as Kept<Numbered<R>>).item.number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Names the records before that number. */
  #cursor(number: number): string {
    return Buffer.from(`${this.#mark}.${number}`).toString('base64url');
  }

  #startOf(cursor: string | undefined): number {
    if (cursor === undefined) return this.#next;
    const [mark, number = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split('.');
    if (mark === this.#mark && /^\d{1,15}$/.test(number)) return Math.min(Number(number), this.#next);
    throw new GatewayError('INVALID_ARGUMENTS', 'This cursor is not of this log; ask for the first page, without one.');
  }
}
