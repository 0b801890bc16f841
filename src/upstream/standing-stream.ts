import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer } from '../platform/outbound/http-answer.ts';
import { isEventStream, readEvents } from './http-client.ts';

/** Pause before the stream is reopened, in ms: the first, and the longest. */
const REOPEN_MS = 1_000;
const REOPEN_MAX_MS = 30_000;

/** Failures in a row after which `onTrouble` is called. */
const FAILURES_TOLD = 2;

export interface StandingStreamOptions {
  /** Opens the stream, after the given event if there is one. Rejects if the server has no stream. */
  readonly open: (lastEventId: string | undefined) => Promise<HttpAnswer>;
  /** Called with the data of each event. */
  readonly onMessages: (data: string) => unknown;
  readonly onTrouble: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** The stream by which a server of the 2025 eras sends messages between requests. It is reopened whenever it ends. */
export class StandingStream {
  readonly #options: StandingStreamOptions;
  #begun = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;
  #isOpen = false;
  #isRefused = false;
  #tried = () => {};
  /** Resolves when the stream has been opened or refused. */
  readonly tried: Promise<void>;

  constructor(options: StandingStreamOptions) {
    this.#options = options;
    this.tried = new Promise((resolve) => {
      this.#tried = resolve;
    });
  }

  /** True if answers may arrive on the stream. */
  get mayAnswer(): boolean {
    return this.#begun && !this.#isRefused;
  }

  /** True if the server has no stream. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Opens the stream in the background. A server need not have one: after a failed first attempt there is no other. */
  begin(): void {
    if (!this.#begun) void this.#run();
    this.#begun = true;
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    let wasOpen = false;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#read();
        wasOpen = true;
        failures = 0;
      } catch (error) {
        if (!wasOpen && !this.#isOpen) this.#isRefused = true;
        this.#tried();
        if (this.#isRefused) return;
        wasOpen = true;
        if (++failures === FAILURES_TOLD && !signal.aborted) this.#options.onTrouble(error as Error);
      }
      this.#isOpen = false;
      const pauseMs = Math.min(this.#retryMs ?? REOPEN_MS * 2 ** failures, REOPEN_MAX_MS);
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #read(): Promise<void> {
    const { open, onMessages } = this.#options;
    const answer = await open(this.#lastEventId);
    if (!isEventStream(answer)) {
      answer.discard();
      throw new Error('the server answered without an event stream');
    }
    this.#isOpen = true;
    this.#tried();
    await readEvents(answer, {
      onEvent: (event) => {
        this.#lastEventId = event.id || this.#lastEventId;
        if (event.data) onMessages(event.data);
      },
      onRetry: (ms) => {
        this.#retryMs = ms;
      },
    });
  }
}
