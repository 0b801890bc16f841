import type { Readable, Writable } from 'node:stream';
import { type ServerView, serverViews } from '../broker/server-views.ts';
import { type ConfigObject, configOfObject, type GatewayConfig } from '../config/load.ts';
import type { GatewaySettings } from '../config/settings.ts';
import { type ConfigSource, fileSource } from '../config/source/source.ts';
import { watchFiles } from '../config/source/watch.ts';
import { abortable, withTimeout } from '../core/abort.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { GatewayServices } from '../downstream/gateway-services.ts';
import type { HttpEdge } from '../downstream/http/http-edge.ts';
import { EarlyResponder } from '../downstream/stdio/early-responder.ts';
import { StdioEdge } from '../downstream/stdio/stdio-edge.ts';
import { leftOut } from '../platform/users-environment.ts';
import { type CatalogCache, serverMemory } from '../upstream/catalog-cache.ts';
import { Composition, type GatewayOptions } from './composition.ts';

export type { GatewayOptions } from './composition.ts';

/** Longest wait of `ready` in ms if the caller gives none: as long as a server may take to start. */
const READY_TIMEOUT_MS = 60_000;

export interface ReadyOptions {
  /** Longest wait in ms; absent: 60 s. */
  readonly timeoutMs?: number;
}

export interface StartOptions {
  /** `false`: `start` opens no socket, for `fetch` and `serveStdio`. */
  readonly listen?: boolean;
}

/** A running configuration: its servers, and one edge to the clients. */
export class Gateway {
  readonly #core: Composition;
  #stdio: StdioEdge | undefined;
  #edge: Promise<HttpEdge> | undefined;
  #url: string | undefined;
  #isStarted = false;
  #isStopped = false;
  #markStarted: () => void = () => {};
  readonly #started = new Promise<void>((resolve) => {
    this.#markStarted = resolve;
  });
  #watcher: { close(): void } | undefined;

  /** Takes a configuration from `loadConfig`, or a plain object in any shape that a file may have. */
  constructor(config: GatewayConfig | ConfigObject, options?: GatewayOptions);
  /** @internal A caller that has read `catalogCache` already passes it. */
  constructor(config: GatewayConfig, options: GatewayOptions, catalogCache: CatalogCache);
  constructor(
    config: GatewayConfig | ConfigObject,
    options: GatewayOptions = {},
    catalogCache: CatalogCache = serverMemory(options.cacheDirectory),
  ) {
    const checked = isLoaded(config) ? config : configOfObject(config);
    this.#core = new Composition(checked, options, catalogCache);
  }

  /**
   * Starts the servers that are not left idle until their first use, all at once, and serves HTTP at `host` and `port`
   * of the settings, unless `listen` is false or `serveStdio` serves a client. Resolves when it listens, without
   * waiting for any server. Rejects with `CONFIG_INVALID` if the settings forbid listening or it cannot listen at their
   * address, and with any other error of the socket. Then it has started nothing: no process of a server is left,
   * servers that ran before run on, and `start` may be called again.
   */
  async start({ listen = this.#stdio === undefined }: StartOptions = {}): Promise<void> {
    const edge = listen ? await this.#openEdge() : undefined;
    // Listens first, so that nothing has to be ended if that fails. The servers exist in the same turn of the event
    // loop, before any request is served.
    this.#url = await edge?.listen(this.settings);
    this.startServers();
  }

  /** @internal Starts the servers; see `start`. */
  startServers(): void {
    this.#isStarted = true;
    this.reload(this.#core.config);
    if (this.settings.logLevel === 'debug') this.#core.log.debug('not inherited by servers', { variables: leftOut() });
    this.#markStarted();
  }

  /** The address at which it serves HTTP, such as `http://127.0.0.1:4000`; undefined while it does not. */
  get url(): string | undefined {
    return this.#url;
  }

  /** The current settings. */
  get settings(): GatewaySettings {
    return this.#core.config.settings;
  }

  /** Returns every configured server as it is now. */
  servers(): readonly ServerView[] {
    return serverViews(this.#core.config, this.#core.pool.upstreams.all(), this.#core.catalog);
  }

  /**
   * Resolves when the first attempt to reach each server has succeeded or failed, at the latest after `timeoutMs`. The
   * result has the servers that cannot be called, even after a start: their `status` and `error` say why. Starts the
   * servers if `start` did not.
   */
  async ready({ timeoutMs = READY_TIMEOUT_MS }: ReadyOptions = {}): Promise<readonly ServerView[]> {
    if (!this.#isStarted) this.startServers();
    const endsAt = Date.now() + timeoutMs;
    // The configuration lacks the servers whose secrets are still being read; `later` adds them.
    const { later } = this.#core.config;
    if (later) await withTimeout(timeoutMs, (late) => abortable(later, late)).catch(() => {});
    await this.settled(endsAt - Date.now());
    return this.servers().filter(({ available }) => !available);
  }

  /** Resolves when the first attempt to reach each server has succeeded or failed, at the latest after `ms`. */
  async settled(ms: number): Promise<void> {
    await this.#core.pool.upstreams.firstConnects(ms, () => true);
  }

  /** Answers an HTTP request in process, as the socket would. Starts the servers if `start` did not. */
  async fetch(request: Request): Promise<Response> {
    const edge = await this.#openEdge();
    if (!this.#isStarted) this.startServers();
    return edge.fetch(request);
  }

  /**
   * Changes the running servers to those of `config`; servers whose entries did not change run on. Throws
   * `CONFIG_INVALID`, and changes nothing, if `config` has no `auth` and other machines can reach the address of the
   * gateway.
   */
  reload(config: GatewayConfig | ConfigObject): void {
    const own = isLoaded(config) ? config : configOfObject(config);
    this.#core.use(own);
    void own.later
      ?.then((next) => !this.#isStopped && this.#core.config === own && this.reload(next))
      .catch((error: unknown) => this.#reject(error));
  }

  /** Follows the configuration file from now on. Reports a broken edit and keeps the old configuration. */
  watch(): void;
  /** @internal Follows all files that the configuration was made of. */
  watch(source: ConfigSource): void;
  watch(source = this.#ownFile()): void {
    this.#watcher ??= watchFiles(source, () => void this.#reread(source), { known: source.known });
  }

  #ownFile(): ConfigSource {
    const { path, fingerprint } = this.#core.config;
    if (path !== '') return fileSource(path, fingerprint);
    throw new GatewayError('CONFIG_INVALID', 'watch: the configuration was given as an object, expected one of a file');
  }

  /**
   * Serves one client over a pair of streams. Resolves when the client has gone. Call it before `start` or right after:
   * the gateway tells servers who the client is.
   */
  serveStdio(input: Readable, output: Writable): Promise<void> {
    return this.serve(new EarlyResponder(input, output));
  }

  /** @internal Serves the client that an early responder has answered; see `serveStdio`. */
  async serve(responder: EarlyResponder): Promise<void> {
    if (this.#edge) throw oneOrTheOther();
    const stdio = new StdioEdge(this.#core.services());
    this.#stdio = stdio;
    // A request that comes before the start must not find a gateway without servers.
    await this.#started;
    await stdio.serve(responder);
  }

  /** Ends all connections of clients, jobs and servers with all that these started. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watcher?.close();
    await (await this.#edge)?.stop();
    this.#url = undefined;
    await this.#stdio?.close();
    await this.#core.close();
  }

  /** @internal Returns the parts, for the edge of a daemon and for commands of this process. */
  internals(): GatewayServices {
    return this.#core.services();
  }

  #openEdge(): Promise<HttpEdge> {
    if (this.#stdio) throw oneOrTheOther();
    this.#edge ??= this.#loadEdge();
    return this.#edge;
  }

  /** Loads the HTTP edge, which one client over stdio does not need. */
  async #loadEdge(): Promise<HttpEdge> {
    const { HttpEdge } = await import('../downstream/http/http-edge.ts');
    return new HttpEdge(this.#core.services());
  }

  async #reread(source: ConfigSource): Promise<void> {
    try {
      this.reload(await source.load());
      this.#core.log.info('configuration taken over', { path: this.#core.config.path });
    } catch (error) {
      this.#reject(error);
    }
  }

  #reject(error: unknown): void {
    this.#core.rejected = causeOf(error);
    this.#core.log.error('configuration not taken over; the old one stays', { error: this.#core.rejected });
  }
}

/** True for a configuration that was read and checked: a plain object has no `problems`. */
function isLoaded(config: GatewayConfig | ConfigObject): config is GatewayConfig {
  return 'fingerprint' in Object(config) && Array.isArray((config as GatewayConfig).problems);
}

function oneOrTheOther(): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    'a gateway serves one client over stdio, or HTTP: take another one for the other',
  );
}
