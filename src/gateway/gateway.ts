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

/** Longest that `ready` waits where it is not told, in ms: as long as a server may take to start. */
const READY_TIMEOUT_MS = 60_000;

export interface ReadyOptions {
  /** Longest wait, in ms; 60 s where absent. */
  readonly timeoutMs?: number;
}

export interface StartOptions {
  /** `false`: no socket is opened, for `fetch` and `serveStdio`. */
  readonly listen?: boolean;
}

/** A configuration, running: its servers, and one edge to the clients. */
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

  /** Takes what `loadConfig` answers, or a plain object in any shape that a file may have. */
  constructor(config: GatewayConfig | ConfigObject, options?: GatewayOptions);
  /** @internal `catalogCache` is given by a caller that has read it already. */
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
   * Starts the servers that are not left idle until their first use, all at once, and serves HTTP at `host` and `port` of
   * the settings, unless `listen` is false or a client is served by `serveStdio`. Resolves when it listens, without waiting
   * for any server. Rejects with `CONFIG_INVALID` where the settings do not allow to listen or their address cannot be
   * listened at, and with what else the socket fails with. Then it has started nothing: no process of a server is left, what
   * ran before runs on, and `start` may be called again.
   */
  async start({ listen = this.#stdio === undefined }: StartOptions = {}): Promise<void> {
    const edge = listen ? await this.#openEdge() : undefined;
    // First: whoever cannot listen has nothing to end. Nobody is served before the servers are there, in the same turn.
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

  /** The address at which it is served over HTTP, such as `http://127.0.0.1:4000`; undefined while it is not. */
  get url(): string | undefined {
    return this.#url;
  }

  /** The settings as they are now. */
  get settings(): GatewaySettings {
    return this.#core.config.settings;
  }

  /** Every configured server as it stands now. */
  servers(): readonly ServerView[] {
    return serverViews(this.#core.config, this.#core.pool.upstreams.all(), this.#core.catalog);
  }

  /**
   * Resolves when each server has been reached or not for the first time, at the latest after `timeoutMs`, with those that
   * cannot be called, not even by being started: their `status` and `error` say why. Starts the servers if nothing did.
   */
  async ready({ timeoutMs = READY_TIMEOUT_MS }: ReadyOptions = {}): Promise<readonly ServerView[]> {
    if (!this.#isStarted) this.startServers();
    const endsAt = Date.now() + timeoutMs;
    // Secrets that have not answered keep servers out of it.
    const { later } = this.#core.config;
    if (later) await withTimeout(timeoutMs, (late) => abortable(later, late)).catch(() => {});
    await this.settled(endsAt - Date.now());
    return this.servers().filter(({ available }) => !available);
  }

  /** Resolves when each server has been reached or not for the first time, or after `ms`. */
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
   * Makes the running servers those of `config`; what did not change is not touched. Throws `CONFIG_INVALID`, and leaves all
   * as it was, where `config` has no `auth` and other machines can reach the address that is served.
   */
  reload(config: GatewayConfig | ConfigObject): void {
    const own = isLoaded(config) ? config : configOfObject(config);
    this.#core.use(own);
    void own.later
      ?.then((next) => !this.#isStopped && this.#core.config === own && this.reload(next))
      .catch((error: unknown) => this.#reject(error));
  }

  /** Follows the configuration file from now on. A broken edit is reported, and the old configuration stays. */
  watch(): void;
  /** @internal Follows all that the configuration was made of. */
  watch(source: ConfigSource): void;
  watch(source = this.#ownFile()): void {
    this.#watcher ??= watchFiles(source, () => void this.#reread(source), { known: source.known });
  }

  #ownFile(): ConfigSource {
    const { path, fingerprint } = this.#core.config;
    if (path !== '') return fileSource(path, fingerprint);
    throw new GatewayError('CONFIG_INVALID', 'watch: the configuration was given as an object, expected one of a file');
  }

  /** Serves one client over a pair of streams. Resolves when the client has gone. Call it before `start` or right after: servers are told who the client is. */
  serveStdio(input: Readable, output: Writable): Promise<void> {
    return this.serve(new EarlyResponder(input, output));
  }

  /** @internal Serves the client that an early responder has answered; see `serveStdio`. */
  async serve(responder: EarlyResponder): Promise<void> {
    if (this.#edge) throw oneOrTheOther();
    const stdio = new StdioEdge(this.#core.services());
    this.#stdio = stdio;
    // A request that comes before must not find a gateway without servers.
    await this.#started;
    await stdio.serve(responder);
  }

  /** Ends everything: connections of clients, jobs, servers and all that they started. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watcher?.close();
    await (await this.#edge)?.stop();
    this.#url = undefined;
    await this.#stdio?.close();
    await this.#core.close();
  }

  /** @internal The parts, for the edge of a daemon and for commands of this process. */
  internals(): GatewayServices {
    return this.#core.services();
  }

  #openEdge(): Promise<HttpEdge> {
    if (this.#stdio) throw oneOrTheOther();
    this.#edge ??= this.#loadEdge();
    return this.#edge;
  }

  /** The edge is loaded when somebody wants it: there are several clients now. */
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

/** True for a configuration that has been read and checked: an object that somebody wrote has no findings. */
function isLoaded(config: GatewayConfig | ConfigObject): config is GatewayConfig {
  return 'fingerprint' in Object(config) && Array.isArray((config as GatewayConfig).problems);
}

function oneOrTheOther(): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    'a gateway serves one client over stdio, or HTTP: take another one for the other',
  );
}
