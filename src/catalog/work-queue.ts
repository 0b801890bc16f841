import { performance } from 'node:perf_hooks';

export type Task = () => void;

/** Tasks done at once in one turn of the event loop: a server of usual size is complete when `push` returns. */
const MAX_IMMEDIATE = 64;
/** Longest that later tasks hold up the event loop, in ms, but for the last task begun in that time. */
const SLICE_MS = 6;
/** Pause after the last task, in ms: at a start servers come one after the other. */
const QUIET_MS = 200;

/** Short tasks in order: the first of a turn at once, the others in slices between which the event loop goes on. */
export class WorkQueue {
  readonly #whenQuiet: () => readonly Task[];
  #tasks: Task[] = [];
  #done = 0;
  #leisure: Task[] = [];
  #immediate = 0;
  #isScheduled = false;
  #quiet: NodeJS.Timeout | undefined;
  #waiting: Task[] = [];

  /** `whenQuiet` says what may be done when no task has come for a while; what is left of it is dropped when one comes. */
  constructor(whenQuiet: () => readonly Task[]) {
    this.#whenQuiet = whenQuiet;
  }

  push(tasks: readonly Task[]): void {
    if (tasks.length === 0) return;
    this.#leisure = [];
    clearTimeout(this.#quiet);
    for (const task of tasks) this.#tasks.push(task);
    while (this.#immediate < MAX_IMMEDIATE && this.#step()) this.#immediate++;
    this.#schedule();
  }

  /** Resolves when nothing but leisure is left. */
  async idle(): Promise<void> {
    if (this.#tasks.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #step(): boolean {
    const task = this.#tasks[this.#done];
    if (!task) return false;
    this.#done++;
    task();
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
    if (this.#done === this.#tasks.length && this.#done > 0) this.#finish();
    while (performance.now() < end && this.#leisure.length > 0) this.#leisure.pop()?.();
    if (this.#tasks.length + this.#leisure.length > 0) this.#schedule();
  }

  #finish(): void {
    this.#tasks = [];
    this.#done = 0;
    this.#quiet = setTimeout(() => this.#rest(), QUIET_MS).unref();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #rest(): void {
    this.#leisure = [...this.#whenQuiet()].reverse();
    this.#schedule();
  }
}
