import type { ServerConfig } from '../config/schema.ts';
import { causeOf } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { httpStatus } from './connection-errors.ts';
import { MAX_FAILURES_IN_A_ROW, PING_TIMEOUT_MS } from './limits.ts';

/**
 * Finds out if an open connection still works: from arriving messages, from requests that fail in a row, and by pings.
 */
export class ConnectionHealth {
  readonly #check: ServerConfig['healthCheck'];
  readonly #asksForLogin: (error: Error) => boolean;
  #connection: Connection | undefined;
  #heard = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `asksForLogin` returns true for an error that a login would cure. */
  constructor(check: ServerConfig['healthCheck'], asksForLogin: (error: Error) => boolean) {
    this.#check = check;
    this.#asksForLogin = asksForLogin;
  }

  /** Count that grows by at least 1 with each message or answer from the server. */
  get heard(): number {
    return this.#heard;
  }

  /** True if the last connection was closed because five requests in a row failed. */
  get isFailing(): boolean {
    return this.#failures >= MAX_FAILURES_IN_A_ROW;
  }

  /** Begins to check a new connection; with pings only if the entry has a `healthCheck`. */
  begin(connection: Connection): void {
    this.#connection = connection;
    this.#failures = 0;
    this.#checkSoon();
  }

  end(): void {
    this.#connection = undefined;
    clearTimeout(this.#timer);
  }

  /** Counts a message from the server. */
  hear(): void {
    this.#heard++;
  }

  /** Records that the server answered a request, which ends a row of failures. */
  answered(): void {
    this.#heard++;
    this.#failures = 0;
  }

  /**
   * Records that a request failed in transport. After five in a row the connection is closed, even if it is still open.
   */
  failed(connection: Connection, error: Error): void {
    if (this.isRefusal(error)) return;
    const count = () => {
      if (this.#connection !== connection || ++this.#failures !== MAX_FAILURES_IN_A_ROW) return;
      connection.lose(`${MAX_FAILURES_IN_A_ROW} requests in a row failed, the last one with: ${causeOf(error)}`);
    };
    // Deferred, because the end of the connection may be noticed only after the failure of the request.
    setImmediate(count);
  }

  /** Resolves with true if the server answers a ping; otherwise closes its connection. */
  async lives(connection: Connection, timeoutMs = PING_TIMEOUT_MS): Promise<boolean> {
    const answers = await connection.ping(timeoutMs);
    if (answers) this.#heard++;
    else if (this.#connection === connection)
      connection.lose(`the server did not answer a ping within ${timeoutMs} ms`);
    return answers;
  }

  /**
   * True if the server refused the request with a 4xx status or for a login: it would refuse it over a new connection
   * too.
   */
  isRefusal(error: Error): boolean {
    const status = httpStatus(error);
    return this.wantsLogin(error) || (status !== undefined && status >= 400 && status < 500);
  }

  /** True if the server refused the request because a login is missing. `Lifecycle` asks for that login. */
  wantsLogin(error: Error): boolean {
    const status = httpStatus(error);
    return status === 401 || status === 403 || this.#asksForLogin(error);
  }

  #checkSoon(): void {
    const check = this.#check;
    if (!check) return;
    this.#timer = setTimeout(async () => {
      const connection = this.#connection;
      if (connection && (await this.lives(connection, check.timeoutMs)) && this.#connection === connection)
        this.#checkSoon();
    }, check.intervalMs).unref();
  }
}
