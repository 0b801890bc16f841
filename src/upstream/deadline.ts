import { Abort, MAX_TIMER_MS, type Signal } from '../core/abort.ts';
import { GatewayError } from '../core/errors.ts';
import { MAX_CALL_MS } from './limits.ts';

/**
 * The time limit of one call, `timeoutMs` from its start. Each sign of progress starts that time anew, up to a hard
 * limit. The time stands still while the server waits for an answer of the client. The limit also ends when the caller
 * cancels.
 */
export class Deadline {
  readonly #abort = new Abort();
  readonly #timeoutMs: number;
  /** Epoch ms after which progress no longer extends the call. */
  #lastEnd: number;
  readonly #caller: Signal;
  #timer: NodeJS.Timeout | undefined;
  /** Number of open questions to the client, and the epoch ms at which the first of them was asked. */
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

  /** Starts the call's time anew, after a sign of life from the server. */
  extend(): void {
    if (this.#paused === 0) this.#arm(Math.min(this.#timeoutMs, this.#lastEnd - Date.now()));
  }

  /** Stops the clock until `resume`, because the client is being asked a question. */
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

  /** Removes the timer and the listener when the call has ended. */
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
