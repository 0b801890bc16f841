import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import type { PassthroughHandlers } from './passthrough-transport.ts';

/**
 * Longest time in ms for a server to answer the ping after its handshake, and after that to ask for roots: servers that
 * want roots ask at once.
 */
const ANSWERS_MS = 500;
const ASKED_MS = 50;
/** Longest time in ms for the client's answer; calls go out after it in any case. */
const ANSWERED_MS = 3_000;
/**
 * Longest time in ms for a server to read the answer, then the time in ms to use it, for instance to look up the
 * folders.
 */
const READ_MS = 1_000;
const USED_MS = 30;

/** Entries whose server did not ask for roots in time; later connections to it do not wait. */
const neverAsk = new WeakSet<ServerConfig>();

/** The connection to a server that may ask for roots. */
interface RootsConnection {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>;
  /** Resolves when the server can send messages between requests, or when it is known that it cannot. */
  readonly canSpeakUp: Promise<void>;
  /** Resolves with true if the server answers within `timeoutMs`. Never rejects. */
  ping(timeoutMs: number): Promise<boolean>;
}

/**
 * The roots that a server asks for after its handshake. Calls wait for them, because a tool called before has no roots
 * yet and refuses work that it would do a moment later.
 */
export class FirstRoots {
  /** Resolves when the server has its roots, or has not asked in time; undefined if no wait is needed. */
  taken: Promise<void> | undefined;
  /** Forwards a request of the server to the client, and notes a request for roots. */
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
      // Deferred, because the answer is sent after this function has returned.
      setImmediate(() => this.#answered.abort());
      return answer;
    };
  }

  /** Begins to wait for the server's request for roots; called after the handshake. */
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
    // A server does not report when it has taken its roots, but one that answers a ping has read them.
    await connection.ping(READ_MS);
    await sleep(USED_MS);
  }
}

/** Resolves after `ms`, or when the signal aborts. */
function within(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
