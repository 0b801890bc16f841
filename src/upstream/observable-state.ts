import type { Signal } from '../core/abort.ts';
import { isComingUp, type UpstreamState } from '../core/server-state.ts';
import type { Connection } from './connection.ts';

/** A server's state, its connection while it is ready, and those who wait for that to change. */
export class ObservableState {
  #current: UpstreamState;
  #connection: Connection | undefined;
  #neededAt = Date.now();
  readonly #waiting = new Set<() => void>();

  constructor(first: UpstreamState) {
    this.#current = first;
  }

  get current(): UpstreamState {
    return this.#current;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** When the server was first needed, or again after it had been idle; epoch ms. */
  get neededAt(): number {
    return this.#neededAt;
  }

  /** With a connection only where it is ready. */
  become(state: UpstreamState, connection?: Connection): void {
    this.#current = state;
    this.#connection = connection;
    for (const resume of [...this.#waiting]) resume();
  }

  /** The connection has ended; what becomes of the server is not known yet. */
  disconnected(): void {
    this.#connection = undefined;
  }

  /** An attempt to connect that began then takes long: from now on nobody begins to wait for it; those who wait go on. */
  slow(since: number): void {
    if (this.#current.status === 'connecting') this.#current = { ...this.#current, slowSince: since };
  }

  /** An idle server is needed. */
  wake(): void {
    if (this.#current.status !== 'idle') return;
    this.#neededAt = Date.now();
    this.become({ status: 'connecting', attempt: 1 });
  }

  /** Becomes another state if the server waits for a login. */
  unlock(state: UpstreamState): void {
    if (this.#current.status === 'needs_auth') this.become(state);
  }

  /** The connection, unless it is the one that is known to be lost. */
  serving(lost?: Connection): Connection | undefined {
    return this.#connection === lost ? undefined : this.#connection;
  }

  /** Resolves when the server is up, or when calls do not wait for it: it is idle, or failed too often; or when `signal` aborts. */
  async settled(signal: Signal, lost?: Connection): Promise<void> {
    // Between the end of a connection and the next state, the last one still stands.
    const isPending = (state: UpstreamState) =>
      isComingUp(state) || (state.status === 'ready' && this.serving(lost) === undefined);
    await this.whilst(isPending, signal);
  }

  /** Resolves once `condition` does not hold any more, or when `signal` aborts. */
  async whilst(condition: (state: UpstreamState) => boolean, signal: Signal): Promise<void> {
    while (condition(this.#current) && !signal.aborted) await this.#change(signal);
  }

  #change(signal: Signal): Promise<void> {
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
