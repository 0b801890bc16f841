import type { Signal } from '../core/abort.ts';
import { isComingUp, type UpstreamState } from '../core/server-state.ts';
import type { Connection } from './connection.ts';

/** A server's state, its connection while it is ready, and the callers that wait for a change of state. */
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

  /** Time at which the server was first needed, or needed again after it was idle; epoch ms. */
  get neededAt(): number {
    return this.#neededAt;
  }

  /** Changes the state. `connection` is given for `ready` only. */
  become(state: UpstreamState, connection?: Connection): void {
    this.#current = state;
    this.#connection = connection;
    for (const resume of [...this.#waiting]) resume();
  }

  /** Drops the ended connection. The state stays until the next `become`. */
  disconnected(): void {
    this.#connection = undefined;
  }

  /** Marks an attempt to connect as slow. New callers do not wait for it any more; those that wait already go on. */
  slow(since: number): void {
    if (this.#current.status === 'connecting') this.#current = { ...this.#current, slowSince: since };
  }

  /** Starts a server that is idle. */
  wake(): void {
    if (this.#current.status !== 'idle') return;
    this.#neededAt = Date.now();
    this.become({ status: 'connecting', attempt: 1 });
  }

  /** Changes the state if the server waits for a login. */
  unlock(state: UpstreamState): void {
    if (this.#current.status === 'needs_auth') this.become(state);
  }

  /** Returns the connection, unless it is `lost`. */
  serving(lost?: Connection): Connection | undefined {
    return this.#connection === lost ? undefined : this.#connection;
  }

  /**
   * Resolves when the server is up; when calls do not wait for it, because it is idle or has failed too often; or when
   * `signal` aborts.
   */
  async settled(signal: Signal, lost?: Connection): Promise<void> {
    // Between the end of a connection and the next `become`, the state is still `ready`.
    const isPending = (state: UpstreamState) =>
      isComingUp(state) || (state.status === 'ready' && this.serving(lost) === undefined);
    await this.whilst(isPending, signal);
  }

  /** Resolves when `condition` is no longer true, or when `signal` aborts. */
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
