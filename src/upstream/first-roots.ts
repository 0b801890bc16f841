import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import type { PassthroughHandlers } from './passthrough-transport.ts';

/** How long a server may take to answer what is sent after the handshake, in ms, and to ask for roots after that: those that do so ask at once. */
const ANSWERS_MS = 500;
const ASKED_MS = 50;
/** Longest wait for the client's answer, in ms, before calls go out all the same. */
const ANSWERED_MS = 3_000;
/** How long a server may take to read the answer, in ms, and then to make use of it, such as to look the folders up. */
const READ_MS = 1_000;
const USED_MS = 30;

/** Entries whose server has not asked when it could: its next connections need not wait. */
const neverAsk = new WeakSet<ServerConfig>();

/** The connection to a server that may ask for roots. */
interface RootsConnection {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>;
  /** Resolves when the server can say something unasked, or it is known that it cannot. */
  readonly canSpeakUp: Promise<void>;
  /** True if the server answers within that time. Never rejects. */
  ping(timeoutMs: number): Promise<boolean>;
}

/**
 * The roots that a server asks for after its handshake. Calls wait for that: a tool that is called before knows of no
 * roots yet, and refuses what it would do a moment later.
 */
export class FirstRoots {
  /** Resolves when the server has its roots, or is not going to ask for them; undefined: there is nothing to wait for. */
  taken: Promise<void> | undefined;
  /** What the server asks of the client, with the question for roots noticed. */
  readonly onRequest: PassthroughHandlers['onRequest'];
  readonly #config: ServerConfig;
  readonly #asked = new AbortController();
  readonly #answered = new AbortController();

  constructor(config: ServerConfig, ask: PassthroughHandlers['onRequest']) {
    this.#config = config;
    this.onRequest = async (...request) => {
      if (request[0] !== 'roots/list') return ask(...request);
      this.#asked.abort();
      const answer = await ask(...request);
      // It is sent after this function has returned.
      setImmediate(() => this.#answered.abort());
      return answer;
    };
  }

  /** The handshake is done: from now on the question is expected. */
  expect(connection: RootsConnection): void {
    if (neverAsk.has(this.#config)) return;
    this.taken = this.#until(connection).finally(() => {
      this.taken = undefined;
    });
    void connection.closed.then(() => {
      this.#asked.abort();
      this.#answered.abort();
    });
  }

  async #until(connection: RootsConnection): Promise<void> {
    const hasSpoken = Promise.all([connection.ping(ANSWERS_MS), connection.canSpeakUp]);
    await Promise.race([hasSpoken, within(ANSWERS_MS, this.#asked.signal)]);
    await within(ASKED_MS, this.#asked.signal);
    if (!this.#asked.signal.aborted) return void neverAsk.add(this.#config);
    await within(ANSWERED_MS, this.#answered.signal);
    // No server says when it has taken its roots; one that answers a ping has read them at least.
    await connection.ping(READ_MS);
    await sleep(USED_MS);
  }
}

/** Resolves after that time, or when the signal aborts. */
function within(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
