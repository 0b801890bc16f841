import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import { abortable, type Signal } from '../core/abort.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { ClientIdentity } from '../core/peer.ts';
import { clientMark, type RememberedCatalog, type ServerCatalog } from '../core/server-catalog.ts';
import type { Logger } from '../platform/log.ts';
import type { CatalogCache } from './catalog-cache.ts';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { unavailable } from './connection-errors.ts';
import { ConnectionHealth } from './connection-health.ts';
import { KnownCatalog } from './known-catalog.ts';
import { STABLE_MS, START_TIMEOUT_MS } from './limits.ts';
import type { Challenge } from './login/login-needed.ts';
import { ObservableState } from './observable-state.ts';
import type { PassthroughHandlers } from './passthrough-transport.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import { ServerLogin } from './server-login.ts';
import type { ServerObserver } from './server-observer.ts';
import { backoffMs, startsAtOnce } from './start-policy.ts';

export interface LifecycleOptions {
  readonly log: Logger;
  readonly observer: ServerObserver;
  /** True if the server starts only at its first use, whatever its entry says. */
  readonly onDemand: boolean;
  /** Protocol eras that servers spoke when last probed. */
  readonly protocolEras: ProtocolEraCache;
  /** Catalogs as servers last offered them. */
  readonly catalogCache: CatalogCache;
}

/** The parts around one server. */
interface LifecycleParts extends LifecycleOptions {
  /** Resolves with the client once it is known; the handshake waits for it. */
  readonly identity: () => Promise<ClientIdentity>;
  /** Blanks the server's secrets in a text. */
  readonly redact: (text: string) => string;
  readonly traffic: () => Traffic;
}

/** The messages of one server, in both directions. */
interface Traffic {
  /** Receives the server's own requests and notifications. */
  readonly handlers: PassthroughHandlers;
  /** True while a request is on its way, in either direction. */
  readonly isBusy: boolean;
}

/** The cause of an end because the server was idle. */
const IDLE_STOP = Symbol('idle stop');

/**
 * The life of one server. A loop waits until the server is needed, connects, lists tools, waits for the end of the
 * connection, backs off and begins again. `state` tells where the loop is.
 */
export class Lifecycle {
  /** The server's state and its connection. */
  readonly state: ObservableState;
  /** Finds out if the open connection still works. */
  readonly health: ConnectionHealth;
  readonly login: ServerLogin;

  /** The request whose answer the current attempt to connect waits for. */
  waitsFor: 'initialize' | 'tools/list' = 'initialize';

  readonly #config: ServerConfig;
  readonly #parts: LifecycleParts;
  /** The catalog of an earlier connection; undefined: none is remembered. */
  readonly #remembered: RememberedCatalog | undefined;
  readonly #stop = new AbortController();
  readonly #catalog: KnownCatalog;
  readonly #idleTimer = new IdleTimer(() => this.#stopIdle());
  /** Resolves when the last connection is closed and nothing of it runs any more. */
  #ended: Promise<void> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();
  /** The last line, other than blank, that the latest process wrote to stderr. */
  #lastStderrLine: string | undefined;

  constructor(config: ServerConfig, parts: LifecycleParts) {
    this.#config = config;
    this.#parts = parts;
    const remembered = parts.catalogCache.recall(config);
    this.#remembered = remembered;
    const atOnce = !parts.onDemand && startsAtOnce(config, remembered);
    this.state = new ObservableState(atOnce ? { status: 'connecting', attempt: 1 } : { status: 'idle' });
    this.#catalog = new KnownCatalog(config, remembered, parts);
    this.login = new ServerLogin(config, this.state);
    this.health = new ConnectionHealth(config.healthCheck, (error) => this.login.wantedBy(error) !== undefined);
  }

  /** The server's catalog, from this connection or remembered; undefined: not known. */
  get catalog(): ServerCatalog | undefined {
    return this.#catalog.current;
  }

  /** Causes for which tools of its list were left out, by tool name. */
  get leftOut(): ReadonlyMap<string, string> {
    return this.#catalog.leftOut;
  }

  start(): void {
    const { identity, onDemand } = this.#parts;
    const remembered = this.#remembered;
    this.#catalog.begin();
    this.#loop = this.#run();
    if (onDemand || this.#config.start !== 'auto' || !remembered) return;
    // The server may offer other tools to a client with other capabilities, so it is started to read them.
    void identity().then((client) => remembered.clients.includes(clientMark(client)) || this.state.wake());
  }

  /** Starts the idle time; called when no request is running in either direction. */
  startIdleTimer(): void {
    this.#idleTimer.begin(this.#catalog.idleTimeoutMs);
  }

  /** Ends the connection and the loop. Resolves when nothing of the server runs any more. */
  async close(): Promise<void> {
    this.#stop.abort(new GatewayError('CANCELLED', `server "${this.#config.key}" was stopped`));
    this.login.close();
    this.#catalog.close();
    this.#idleTimer.stop();
    await this.#loop;
  }

  /**
   * Returns the connection, but not `lost`, as soon as it is ready. Rejects if the server is not available soon, or
   * with the signal's reason.
   */
  connected(signal: Signal, lost?: Connection): Connection | Promise<Connection> {
    const connection = this.state.serving(lost);
    return connection && !connection.rootsTaken ? connection : this.#connected(signal, lost);
  }

  async #connected(signal: Signal, lost: Connection | undefined): Promise<Connection> {
    this.state.wake();
    await this.state.settled(signal, lost);
    signal.throwIfAborted();
    const connection = this.state.serving(lost);
    if (connection?.rootsTaken) await abortable(connection.rootsTaken, signal);
    if (connection) return connection;
    throw unavailable(this.#config.key, this.state.current, this.login.challenge, this.#lastStderrLine);
  }

  async #run(): Promise<void> {
    let attempt = 1;
    let error: string | undefined;
    for (;;) {
      await this.state.whilst(({ status }) => status === 'idle', this.#stop.signal);
      if (this.#stop.signal.aborted) break;
      this.state.become({ status: 'connecting', attempt, ...(error !== undefined && { error }) });
      const startedAt = Date.now();
      const logins = this.login.count;
      const slow = setTimeout(() => this.state.slow(startedAt), START_TIMEOUT_MS);
      const cause = await this.#serveOnce(attempt).catch((thrown: unknown) => thrown);
      clearTimeout(slow);
      if (this.#stop.signal.aborted) break;
      const challenge = this.login.wantedBy(cause);
      if (challenge && this.login.count === logins) await this.#waitForLogin(challenge);
      if (challenge || cause === IDLE_STOP) {
        attempt = 1;
        error = undefined;
        await this.#ended;
        continue;
      }
      // Only a life of at least `STABLE_MS` resets the count, because a server that starts and dies would be started at
      // short intervals forever.
      const served = this.state.current.status === 'ready' && !this.health.isFailing;
      attempt = served && Date.now() - startedAt >= STABLE_MS ? 1 : attempt + 1;
      error = this.#parts.redact(causeOf(cause));
      await this.#backOff(attempt, error);
    }
    await this.#ended;
    this.state.become({ status: 'closed' });
  }

  async #backOff(attempt: number, error: string): Promise<void> {
    const pauseMs = backoffMs(attempt);
    this.state.become({ status: 'waiting', attempt, error, retryAt: Date.now() + pauseMs });
    const fields = { server: this.#config.key, error, attempt, retryInMs: pauseMs };
    this.#parts.log.warning('server unavailable', fields);
    const pause = sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    await Promise.all([pause, this.#ended]);
  }

  /** Waits for a login without further attempts, because the server would refuse them too. */
  async #waitForLogin(challenge: Challenge): Promise<void> {
    this.login.challenge = challenge;
    const why = challenge.obstacle !== undefined && { error: challenge.obstacle };
    this.state.become({ status: 'needs_auth', ...why });
    this.#parts.log.warning('server needs a login', { server: this.#config.key, ...why });
    const unwatch = this.login.watch();
    await this.state.whilst(({ status }) => status === 'needs_auth', this.#stop.signal);
    unwatch();
  }

  /**
   * Runs one life: connects, lists tools, waits for the end of the connection. Resolves or rejects with the cause of
   * its end.
   */
  async #serveOnce(attempt: number): Promise<unknown> {
    this.waitsFor = 'initialize';
    const connection = await this.#connect();
    this.waitsFor = 'tools/list';
    const stop = () => void connection.close();
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    if (this.#stop.signal.aborted) stop();
    try {
      const lost = connection.closed.then((cause) => Promise.reject(new Error(cause)));
      lost.catch(() => {});
      await Promise.race([this.#catalog.read(connection), lost]);
      this.#becomeReady(connection, attempt);
      const cause = await connection.closed;
      return this.state.connection === connection ? cause : IDLE_STOP;
    } finally {
      this.#stop.signal.removeEventListener('abort', stop);
      this.health.end();
      this.state.disconnected();
      this.#ended = connection.close();
    }
  }

  #becomeReady(connection: Connection, attempt: number): void {
    this.health.begin(connection);
    this.#parts.observer.ready?.(this.#config, connection);
    this.state.become({ status: 'ready', since: Date.now() }, connection);
    this.startIdleTimer();
    this.#parts.log.info('server ready', { server: this.#config.key, attempt });
  }

  /** Stops the server if it was not used for its `idleTimeoutMs`. */
  #stopIdle(): void {
    const { connection } = this.state;
    if (!connection || this.#catalog.idleTimeoutMs === 0 || this.#isNeeded) return;
    this.state.become({ status: 'idle' });
    this.#parts.log.info('server stopped until its next use', { server: this.#config.key });
    void connection.close();
  }

  get #isNeeded(): boolean {
    const { traffic, observer } = this.#parts;
    return traffic().isBusy || observer.expects?.(this.#config) === true;
  }

  async #connect(): Promise<Connection> {
    const { log, identity, protocolEras, redact, traffic } = this.#parts;
    const authorization = await this.login.authorization();
    const { handlers } = traffic();
    this.#lastStderrLine = undefined;
    return connect(this.#config, {
      identity,
      authorization,
      protocolEras,
      log,
      redact,
      signal: this.#stop.signal,
      onStderrLine: (line) => {
        if (line.trim() !== '') this.#lastStderrLine = line;
      },
      handlers: {
        ...handlers,
        onNotification: (method, params) => {
          if (method === 'notifications/tools/list_changed') this.#catalog.readSoon(() => this.state.connection);
          else handlers.onNotification(method, params);
        },
      },
    });
  }
}

/** Measures the time since a server's last use. Its timer does not keep the process running. */
class IdleTimer {
  readonly #over: () => void;
  #ms = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `over` is called when the time has passed without a new `begin`. */
  constructor(over: () => void) {
    this.#over = over;
  }

  /** Starts or restarts the time, `ms` long; 0 stops the timer. */
  begin(ms: number): void {
    if (ms !== this.#ms) this.stop();
    this.#ms = ms;
    if (ms === 0) return;
    // The timer is refreshed, not made anew, because this runs after every call.
    this.#timer = this.#timer?.refresh() ?? setTimeout(this.#over, ms).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
