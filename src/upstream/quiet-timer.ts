/** Counts the time since a server was last used; it wakes nobody up before that time is over. */
export class QuietTimer {
  readonly #over: () => void;
  #ms = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `over` is called each time that the quiet has lasted long enough. */
  constructor(over: () => void) {
    this.#over = over;
  }

  /** How long the quiet has to last, in ms; 0: nothing is counted. */
  set(ms: number): void {
    if (ms === this.#ms) return;
    this.stop();
    this.#ms = ms;
  }

  /** The quiet begins, or begins anew. */
  begin(): void {
    if (this.#ms === 0) return;
    // Taken up again rather than made anew: this runs after every call.
    this.#timer = this.#timer?.refresh() ?? setTimeout(this.#over, this.#ms).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
