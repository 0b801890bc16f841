import { setTimeout as sleep } from 'node:timers/promises';
import { discard, isEventStream, readEvents } from './http-client.ts';

/** Pause before it is opened again, in ms: first, and longest. */
const REOPEN_MS = 1_000;
const REOPEN_MAX_MS = 30_000;

/** Failures in a row after which whoever owns the connection hears of it. */
const FAILURES_TOLD = 2;

export interface StandingStreamOptions {
  /** Opens it, from an event on where one is named. Rejects when the server has none. */
  readonly open: (lastEventId: string | undefined) => Promise<Response>;
  /** Called with the data of each event. */
  readonly onMessages: (data: string) => unknown;
  readonly onTrouble: (error: Error) => void;
  readonly signal: AbortSignal;
}

/** The stream by which a server speaks up between requests (2025 eras): opened again whenever it ends. */
export class StandingStream {
  readonly #options: StandingStreamOptions;
  #begun = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;
  #isOpen = false;
  #isRefused = false;
  #tried = () => {};
  /** Resolves when it has been opened or refused. */
  readonly tried: Promise<void>;

  constructor(options: StandingStreamOptions) {
    this.#options = options;
    this.tried = new Promise((resolve) => {
      this.#tried = resolve;
    });
  }

  /** Whether an answer may come by it. */
  get mayAnswer(): boolean {
    return this.#begun && !this.#isRefused;
  }

  /** Whether the server has none. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** A server need not have one: what refuses the first attempt costs nothing. */
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
    const response = await open(this.#lastEventId);
    if (!isEventStream(response)) {
      discard(response);
      throw new Error('the server answered without an event stream');
    }
    this.#isOpen = true;
    this.#tried();
    await readEvents(response.body, {
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
