import { performance } from 'node:perf_hooks';

/**
 * Tasks done at once in one turn of the event loop: the tools of a server of usual size are indexed when `push`
 * returns.
 */
const MAX_IMMEDIATE = 64;
/** Longest time in ms that these tasks hold up one turn of the event loop: only tools made to be slow take longer. */
const MAX_IMMEDIATE_MS = 100;
/** Longest time in ms that later tasks hold up the event loop, plus the last step begun within it. */
const SLICE_MS = 6;
/**
 * Pause in ms after the last task, after which the queue calls `whenQuiet`: at a start servers come one after the
 * other.
 */
const QUIET_MS = 200;

/** Tasks, one for each item of a list; a task may pause at each of its steps. */
interface Batch {
  readonly size: number;
  readonly run: (at: number) => Generator<void>;
}

/** Runs tasks in order: the first of a turn at once, the others in slices between which the event loop goes on. */
export class WorkQueue {
  readonly #whenQuiet: () => void;
  #batches: Batch[] = [];
  /** Number of tasks of the first batch that have begun. */
  #begun = 0;
  /** The task that has paused. */
  #current: Generator<void> | undefined;
  #immediate = 0;
  #immediateUntil: number | undefined;
  #isScheduled = false;
  #quiet: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  /** The queue calls `whenQuiet` when no task has come for 200 ms. */
  constructor(whenQuiet: () => void) {
    this.#whenQuiet = whenQuiet;
  }

  push<T>(items: readonly T[], task: (item: T) => Generator<void>): void {
    if (items.length === 0) return;
    clearTimeout(this.#quiet);
    this.#batches.push({ size: items.length, run: (at) => task(items[at] as T) }); // `at` is below the size
    this.#immediateUntil ??= performance.now() + MAX_IMMEDIATE_MS;
    while (this.#immediate < MAX_IMMEDIATE && performance.now() < this.#immediateUntil && this.#step()) {
      if (!this.#current) this.#immediate++;
    }
    this.#schedule();
  }

  get isIdle(): boolean {
    return this.#batches.length === 0 && !this.#current;
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    if (!this.isIdle) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Runs a task up to its next pause; returns false if no task is left. */
  #step(): boolean {
    this.#current ??= this.#begin();
    if (!this.#current) return false;
    if (this.#current.next().done) this.#current = undefined;
    return true;
  }

  #begin(): Generator<void> | undefined {
    const batch = this.#batches[0];
    if (!batch) return undefined;
    const at = this.#begun++;
    if (this.#begun === batch.size) {
      this.#batches.shift();
      this.#begun = 0;
    }
    return batch.run(at);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    this.#isScheduled = false;
    this.#immediate = 0;
    this.#immediateUntil = undefined;
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end && this.#step());
    if (!this.isIdle) this.#schedule();
    else this.#finish();
  }

  #finish(): void {
    this.#quiet = setTimeout(this.#whenQuiet, QUIET_MS).unref();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
