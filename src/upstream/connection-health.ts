import type { ServerConfig } from '../config/schema.ts';
import { causeOf } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { httpStatus } from './connection-errors.ts';
import { MAX_FAILURES_IN_A_ROW, PING_TIMEOUT_MS } from './limits.ts';

/** Finds out if an open connection still serves: from messages that arrive, from requests that fail in a row, and by pings. */
export class ConnectionHealth {
  readonly #check: ServerConfig['healthCheck'];
  readonly #asksForLogin: (error: Error) => boolean;
  #connection: Connection | undefined;
  #heard = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `asksForLogin` tells the errors for which a login is the cure. */
  constructor(check: ServerConfig['healthCheck'], asksForLogin: (error: Error) => boolean) {
    this.#check = check;
    this.#asksForLogin = asksForLogin;
  }

  /** Grows with everything that comes from the server. */
  get heard(): number {
    return this.#heard;
  }

  /** True if the last connection was given up because what was asked of it failed. */
  get isFailing(): boolean {
    return this.#failures >= MAX_FAILURES_IN_A_ROW;
  }

  /** A connection is up: checked from now on, if its entry wants that. */
  begin(connection: Connection): void {
    this.#connection = connection;
    this.#failures = 0;
    this.#checkSoon();
  }

  end(): void {
    this.#connection = undefined;
    clearTimeout(this.#timer);
  }

  /** Something came from the server. */
  hear(): void {
    this.#heard++;
  }

  /** A request was answered. */
  answered(): void {
    this.#heard++;
    this.#failures = 0;
  }

  /** A request failed on its way: after so many in a row the connection is given up, though it stands. */
  failed(connection: Connection, error: Error): void {
    if (this.isRefusal(error)) return;
    const count = () => {
      if (this.#connection !== connection || ++this.#failures !== MAX_FAILURES_IN_A_ROW) return;
      connection.lose(`${MAX_FAILURES_IN_A_ROW} requests in a row failed, the last one with: ${causeOf(error)}`);
    };
    // Only then it is known whether the connection has ended with the request.
    setImmediate(count);
  }

  /** True if the server answers a ping; if not, its connection is given up. */
  async lives(connection: Connection, timeoutMs = PING_TIMEOUT_MS): Promise<boolean> {
    const answers = await connection.ping(timeoutMs);
    if (answers) this.#heard++;
    else if (this.#connection === connection)
      connection.lose(`the server did not answer a ping within ${timeoutMs} ms`);
    return answers;
  }

  /** True if the server refused the request: it would refuse it again, over whatever connection, unless its session is gone. */
  isRefusal(error: Error): boolean {
    const status = httpStatus(error);
    return this.wantsLogin(error) || (status !== undefined && status >= 400 && status < 500);
  }

  /** True if the server refused the request for want of a login: that is asked for elsewhere. */
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
