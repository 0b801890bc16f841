import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import { Connection, type ConnectOptions } from './connection.ts';
import { asksForLogin, isUnreachable, isUnusableStream } from './connection-errors.ts';
import { SILENCE_MS } from './limits.ts';
import { type TransportKind, transportKinds } from './open-transport.ts';

/**
 * Connects and does the handshake. If two transports may fit, the second is tried when the server refuses the first,
 * with any status, or does not answer it within `SILENCE_MS`: both then run side by side, and the first one to connect
 * is used. Rejects with the cause of the first transport's failure, or of the second's if that asked for a login or
 * gave an unusable stream.
 */
export async function connect(config: ServerConfig, options: ConnectOptions): Promise<Connection> {
  const [first, second] = transportKinds(config, options.protocolEras);
  if (!first) throw new Error('unreachable: every server has a transport kind');
  if (!second) return Connection.open(config, first, options);
  const attempt = new Attempt(config, first, options);
  const failure = await attempt.failureWithin(SILENCE_MS);
  if (failure !== undefined && !mayBeAnotherKind(failure, options.signal)) throw failure;
  if (attempt.opened) return attempt.opened;
  const other = new Attempt(config, second, options);
  try {
    const connection = await Promise.any([attempt.connection, other.connection]);
    for (const each of [attempt, other]) each.endUnless(connection);
    if (connection.spoken.transport === 'sse') options.protocolEras.remember(config, 'legacy', 'sse');
    return connection;
  } catch (errors) {
    const [own, others] = (errors as AggregateError).errors;
    // This transport fits: only the login is missing, or the content of its stream was unusable.
    throw asksForLogin(others) || isUnusableStream(others) ? others : own;
  }
}

/**
 * True if another transport may succeed: servers of older revisions refuse an unknown transport with many different
 * statuses. A missing login and an unreachable host do not depend on the transport.
 */
function mayBeAnotherKind(error: unknown, signal: AbortSignal): boolean {
  return !signal.aborted && !asksForLogin(error) && !isUnreachable(error);
}

/** One attempt to connect, which can be aborted. */
class Attempt {
  readonly connection: Promise<Connection>;
  opened: Connection | undefined;
  readonly #giveUp = new AbortController();
  #failure: unknown;

  constructor(config: ServerConfig, kind: TransportKind, options: ConnectOptions) {
    const giveUp = () => this.#giveUp.abort(options.signal.reason);
    options.signal.addEventListener('abort', giveUp, { once: true });
    if (options.signal.aborted) giveUp();
    this.connection = Connection.open(config, kind, { ...options, signal: this.#giveUp.signal });
    this.connection
      .then(
        (connection) => {
          this.opened = connection;
        },
        (error: unknown) => {
          this.#failure = error ?? new Error('the connection failed');
        },
      )
      .finally(() => options.signal.removeEventListener('abort', giveUp));
  }

  /** Resolves with the cause of failure if the attempt fails within `ms`; with undefined otherwise. */
  async failureWithin(ms: number): Promise<unknown> {
    const over = new AbortController();
    const settled = this.connection.then(
      () => {},
      () => {},
    );
    await Promise.race([settled, sleep(ms, undefined, { signal: over.signal }).catch(() => {})]);
    over.abort();
    return this.#failure;
  }

  /** Aborts this attempt and closes its connection, unless that is `connection`, the one in use. */
  endUnless(connection: Connection): void {
    if (this.opened === connection) return;
    this.#giveUp.abort(new Error('connected otherwise'));
    void this.connection.then((late) => late.close()).catch(() => {});
  }
}
