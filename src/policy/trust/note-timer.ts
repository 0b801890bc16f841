import { performance } from 'node:perf_hooks';

/** Quiet in ms after which lists are compared as a whole: a start and its first searches come first. */
const IDLE_MS = 1_000;
/** Longest that a list waits for that, in ms: who lists something new again and again is compared all the same. */
const MAX_WAIT_MS = 5_000;

/** When the lists of one server are compared next. */
export class NoteTimer {
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #latest: number | undefined;

  constructor(run: () => void) {
    this.#run = run;
  }

  /** Something is to be compared. */
  begin(): void {
    const now = performance.now();
    this.#latest ??= now + MAX_WAIT_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#run, Math.max(0, Math.min(IDLE_MS, this.#latest - now))).unref();
  }

  /** Nothing is to be compared any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#latest = undefined;
  }
}
