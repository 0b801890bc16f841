import type { UpstreamState } from '../core/upstream-state.ts';

/** A server's state, and those who wait for it to change. */
export class WatchedState {
  #current: UpstreamState;
  readonly #waiting = new Set<() => void>();

  constructor(first: UpstreamState) {
    this.#current = first;
  }

  get current(): UpstreamState {
    return this.#current;
  }

  become(state: UpstreamState): void {
    this.#current = state;
    for (const resume of [...this.#waiting]) resume();
  }

  /** Resolves once `condition` does not hold any more, or when `signal` aborts. */
  async whilst(condition: (state: UpstreamState) => boolean, signal: AbortSignal): Promise<void> {
    while (condition(this.#current) && !signal.aborted) await this.#change(signal);
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
