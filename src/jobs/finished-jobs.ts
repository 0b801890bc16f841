import type { Job } from './job.ts';

interface Retention {
  readonly retentionMs: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** Jobs that have ended, bounded in age, number and bytes; the oldest are forgotten first, whenever one is added or read. */
export class FinishedJobs {
  readonly #retention: Retention;
  readonly #now: () => number;
  /** In the order in which they ended. */
  readonly #records = new Map<string, { readonly job: Job; readonly bytes: number }>();
  #bytes = 0;

  constructor(retention: Retention, now: () => number) {
    this.#retention = retention;
    this.#now = now;
  }

  /** Throws what `JSON.stringify` throws when the job's result is no JSON: then nothing is stored. */
  add(job: Job): void {
    const bytes = Buffer.byteLength(JSON.stringify(job));
    this.#records.set(job.jobId, { job, bytes });
    this.#bytes += bytes;
    this.#forget();
  }

  get(jobId: string): Job | undefined {
    this.#forget();
    return this.#records.get(jobId)?.job;
  }

  #forget(): void {
    for (const [jobId, { job, bytes }] of this.#records) {
      if (!this.#isOverfull() && !this.#isExpired(job)) return;
      this.#records.delete(jobId);
      this.#bytes -= bytes;
    }
  }

  #isOverfull(): boolean {
    const { maxRecords, maxBytes } = this.#retention;
    return this.#records.size > maxRecords || (this.#bytes > maxBytes && this.#records.size > 1);
  }

  #isExpired({ timings }: Job): boolean {
    return (timings.endedAt ?? 0) + this.#retention.retentionMs <= this.#now();
  }
}
