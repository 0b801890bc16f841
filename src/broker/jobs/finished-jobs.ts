import { callerIdOf } from '../../core/call.ts';
import { type Kept, Shares } from '../../core/fair-shares.ts';
import type { Job } from './job.ts';

interface Retention {
  readonly retentionMs: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/**
 * Ended jobs, bounded in age, number and bytes. Each `add` and `get` drops jobs that are too old; beyond the other
 * bounds, the oldest job of the caller who has the most is dropped.
 */
export class FinishedJobs {
  readonly #retention: () => Retention;
  readonly #now: () => number;
  /** In the order in which they ended. */
  readonly #records = new Map<string, { readonly number: Kept<Job>; readonly bytes: Kept<Job> }>();
  readonly #numbers = new Shares<Job>();
  readonly #bytes = new Shares<Job>();

  constructor(retention: () => Retention, now: () => number) {
    this.#retention = retention;
    this.#now = now;
  }

  /**
   * Stores an ended job. Throws the error of `JSON.stringify`, and stores nothing, if the job cannot be written as
   * JSON.
   */
  add(job: Job): void {
    const bytes = Buffer.byteLength(JSON.stringify(job));
    const caller = callerIdOf(job.owner);
    const record = { number: this.#numbers.add(caller, job), bytes: this.#bytes.add(caller, job, bytes) };
    this.#records.set(job.jobId, record);
    this.#forget();
  }

  get(jobId: string): Job | undefined {
    this.#forget();
    return this.#records.get(jobId)?.number.item;
  }

  #forget(): void {
    for (const [jobId, { number }] of this.#records) {
      if (!this.#isExpired(number.item)) break;
      this.#drop(jobId);
    }
    const { maxRecords, maxBytes } = this.#retention();
    while (this.#numbers.count > maxRecords) if (!this.#dropOne(this.#numbers)) break;
    while (this.#bytes.size > maxBytes) if (!this.#dropOne(this.#bytes)) break;
  }

  #dropOne(shares: Shares<Job>): boolean {
    const dropped = shares.drop();
    if (dropped) this.#drop(dropped.item.jobId);
    return dropped !== undefined;
  }

  #drop(jobId: string): void {
    const record = this.#records.get(jobId);
    if (!record) return;
    this.#records.delete(jobId);
    this.#numbers.remove(record.number);
    this.#bytes.remove(record.bytes);
  }

  #isExpired({ timings }: Job): boolean {
    return (timings.endedAt ?? 0) + this.#retention().retentionMs <= this.#now();
  }
}
