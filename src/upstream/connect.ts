import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import { Connection, type ConnectOptions } from './connection.ts';
import { asksForLogin, isUnreachable, isUnusableStream } from './connection-errors.ts';
import { SILENCE_MS } from './limits.ts';
import { type TransportKind, transportKinds } from './open-transport.ts';

/**
 * Connects and shakes hands. Where two transports may fit, the second is tried when the first is refused in whatever way,
 * or gets no answer for a while: then beside it, and the first to be answered counts. Rejects with the cause of the first.
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
    // This kind fits, but for the login, or for what came over its stream.
    throw asksForLogin(others) || isUnusableStream(others) ? others : own;
  }
}

/** Old servers refuse what they do not take in every way; who asks for a login, or is not there, does not differ by transport. */
function mayBeAnotherKind(error: unknown, signal: AbortSignal): boolean {
  return !signal.aborted && !asksForLogin(error) && !isUnreachable(error);
}

/** One attempt to connect, which can be given up. */
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

  /** Why it failed, if it has failed by then. */
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

  /** Ends it, where another attempt was first. */
  endUnless(connection: Connection): void {
    if (this.opened === connection) return;
    this.#giveUp.abort(new Error('connected otherwise'));
    void this.connection.then((late) => late.close()).catch(() => {});
  }
}
