import { performance } from 'node:perf_hooks';

/** Tasks done at once in one turn of the event loop: a server of usual size is complete when `push` returns. */
const MAX_IMMEDIATE = 64;
/** Longest that later tasks hold up the event loop, in ms, but for the last task begun in that time. */
const SLICE_MS = 6;
/** Pause after the last task, in ms, after which nothing more is expected: at a start servers come one after the other. */
const QUIET_MS = 200;

/** Short tasks, one for each item of a list. */
interface Batch {
  readonly size: number;
  readonly run: (at: number) => void;
}

/** Short tasks in order: the first of a turn at once, the others in slices between which the event loop goes on. */
export class WorkQueue {
  readonly #whenQuiet: () => void;
  #batches: Batch[] = [];
  /** Tasks of the first batch that are done. */
  #done = 0;
  #immediate = 0;
  #isScheduled = false;
  #quiet: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  /** `whenQuiet` is called when no task has come for a while. */
  constructor(whenQuiet: () => void) {
    this.#whenQuiet = whenQuiet;
  }

  push<T>(items: readonly T[], task: (item: T) => void): void {
    if (items.length === 0) return;
    clearTimeout(this.#quiet);
    this.#batches.push({ size: items.length, run: (at) => task(items[at] as T) }); // `at` is below the size
    while (this.#immediate < MAX_IMMEDIATE && this.#step()) this.#immediate++;
    this.#schedule();
  }

  get isIdle(): boolean {
    return this.#batches.length === 0;
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    if (!this.isIdle) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #step(): boolean {
    const batch = this.#batches[0];
    if (!batch) return false;
    const at = this.#done++;
    if (this.#done === batch.size) {
      this.#batches.shift();
      this.#done = 0;
    }
    batch.run(at);
    return true;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    this.#isScheduled = false;
    this.#immediate = 0;
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end && this.#step());
    if (this.#batches.length > 0) this.#schedule();
    else this.#finish();
  }

  #finish(): void {
    this.#quiet = setTimeout(this.#whenQuiet, QUIET_MS).unref();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
