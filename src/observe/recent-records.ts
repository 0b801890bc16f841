import { randomBytes } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';

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

/** Records in a ring, bounded by age and number: expired ones are dropped when one is added or asked for, without a timer. */
export class RecentRecords<R> {
  readonly #retention: Retention;
  readonly #endedAt: (record: R) => number;
  readonly #now: () => number;
  /** The record with number n stands at n modulo `maxRecords`. */
  readonly #ring: (R | undefined)[] = [];
  /** Tells our cursors from those of a log before this one, whose numbers mean other records. */
  readonly #mark = randomBytes(4).toString('hex');
  #oldest = 0;
  #next = 0;

  /** `endedAt`: the epoch ms from which the age of a record counts. */
  constructor(retention: Retention, endedAt: (record: R) => number, now: () => number) {
    this.#retention = retention;
    this.#endedAt = endedAt;
    this.#now = now;
  }

  add(record: R): void {
    this.#ring[this.#slot(this.#next)] = record;
    this.#next += 1;
    this.#oldest = Math.max(this.#oldest, this.#next - this.#retention.maxRecords);
    this.#forget();
  }

  /** At most `limit` records that fit, older than those before `cursor`. Fails with `INVALID_ARGUMENTS` on a foreign cursor. */
  page(fits: (record: R) => boolean, limit: number, cursor?: string): Page<R> {
    this.#forget();
    const records: R[] = [];
    for (let number = this.#startOf(cursor) - 1; number >= this.#oldest; number--) {
      const record = this.#ring[this.#slot(number)];
      if (record === undefined || !fits(record)) continue;
      if (records.length === limit) return { records, next: this.#cursor(number + 1) };
      records.push(record);
    }
    return { records };
  }

  #forget(): void {
    const expired = this.#now() - this.#retention.retentionMs;
    for (; this.#oldest < this.#next; this.#oldest++) {
      const slot = this.#slot(this.#oldest);
      const record = this.#ring[slot];
      if (record !== undefined && this.#endedAt(record) > expired) return;
      this.#ring[slot] = undefined;
    }
  }

  #slot(number: number): number {
    return number % this.#retention.maxRecords;
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
