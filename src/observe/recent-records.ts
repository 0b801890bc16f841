import { randomBytes } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';
import { type Kept, Shares } from '../core/fair-shares.ts';

/** Bounds of the log: age in ms and number of records. */
export interface Retention {
  readonly retentionMs: number;
  readonly maxRecords: number;
}

/** A page of records, newest first. `next` is the cursor of the next page; absent on the last one. */
export interface Page<R> {
  readonly records: readonly R[];
  readonly next?: string;
}

/** Functions that read the end and the owner of a record. */
export interface RecordTraits<R> {
  /** End of the recorded call, in epoch ms; the record's age counts from it. */
  readonly endedAt: (record: R) => number;
  readonly owner: (record: R) => string;
}

interface Numbered<R> {
  readonly number: number;
  readonly record: R;
}

/** Most dropped entries beyond the number of live ones before the array is compacted. */
const FEW_GONE = 64;

/**
 * Records, bounded by age and number. Expired records are dropped when one is added or asked for, without a timer.
 * Beyond the number, the oldest record of the owner with the most records is dropped, so that nobody can push out the
 * records of others.
 */
export class RecentRecords<R> {
  readonly #retention: Retention;
  readonly #traits: RecordTraits<R>;
  readonly #now: () => number;
  /** Entries in the order of their numbers. Some are dropped ones. */
  #entries: Kept<Numbered<R>>[] = [];
  /** Index of the first entry that may be live. */
  #first = 0;
  readonly #shares = new Shares<Numbered<R>>();
  /** Marks our cursors. The numbers of an earlier log name other records. */
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

  /**
   * At most `limit` records that fit, all older than `cursor`. Throws `INVALID_ARGUMENTS` on a cursor of another log.
   */
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

  /** Index of the first entry with this number or a higher one. */
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

  /** Cursor of the records before this number. */
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
