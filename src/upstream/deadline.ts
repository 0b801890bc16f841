import { Abort, MAX_TIMER_MS, type Signal } from '../core/abort.ts';
import { GatewayError } from '../core/errors.ts';
import { MAX_CALL_MS } from './limits.ts';

/**
 * How long a call may take: its own time from when it was asked, begun anew by each sign of progress up to a hard cap,
 * and standing still while the server waits for an answer of the client. Ends also when the caller gives up.
 */
export class Deadline {
  readonly #abort = new Abort();
  readonly #timeoutMs: number;
  /** Epoch ms beyond which no progress helps. */
  #lastEnd: number;
  readonly #caller: Signal;
  #timer: NodeJS.Timeout | undefined;
  /** Questions to the client that are open, and when the first of them was asked. */
  #paused = 0;
  #pausedAt = 0;

  constructor(startedAt: number, timeoutMs: number, caller: Signal) {
    this.#timeoutMs = timeoutMs;
    this.#lastEnd = startedAt + Math.max(timeoutMs, MAX_CALL_MS);
    this.#caller = caller;
    if (caller.aborted) this.#giveUp();
    else caller.addEventListener('abort', this.#giveUp, { once: true });
    this.#arm(startedAt + timeoutMs - Date.now());
  }

  /** Aborts with a `GatewayError`: `TIMEOUT` or `CANCELLED`. */
  get signal(): Signal {
    return this.#abort;
  }

  /** The server gave a sign of life: its time begins anew. */
  extend(): void {
    if (this.#paused === 0) this.#arm(Math.min(this.#timeoutMs, this.#lastEnd - Date.now()));
  }

  /** The client is being asked something: time stands still until `resume`. */
  pause(): void {
    if (this.#paused++ > 0) return;
    this.#pausedAt = Date.now();
    clearTimeout(this.#timer);
  }

  resume(): void {
    if (--this.#paused > 0) return;
    this.#lastEnd += Date.now() - this.#pausedAt;
    this.extend();
  }

  /** The call has ended: nothing is left behind. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#paused = Number.POSITIVE_INFINITY;
    this.#caller.removeEventListener('abort', this.#giveUp);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#expire, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
  }

  readonly #expire = () => {
    const details = { timeoutMs: this.#timeoutMs };
    this.#abort.abort(new GatewayError('TIMEOUT', `no answer within ${this.#timeoutMs} ms`, { details }));
  };

  readonly #giveUp = () => {
    const error = new GatewayError('CANCELLED', 'the caller cancelled the call', { cause: this.#caller.reason });
    this.#abort.abort(error);
  };
}
