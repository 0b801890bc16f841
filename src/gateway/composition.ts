import { join } from 'node:path';
import { Broker } from '../broker/broker.ts';
import { Jobs } from '../broker/jobs/jobs.ts';
import { ContentKinds } from '../broker/results/content-kinds.ts';
import { ResultRoom, ResultStore } from '../broker/results/result-store.ts';
import type { ConfigNotices } from '../broker/unavailable.ts';
import { configuredKeys, type GatewayConfig, type LiveConfig } from '../config/load.ts';
import { hidesPrimitives } from '../config/permissions.ts';
import type { ServerConfig } from '../config/schema.ts';
import { type LiveSettings, type StartSettings, waitingForStart } from '../config/settings.ts';
import type { Caller } from '../core/call.ts';
import type { Guard } from '../core/guard.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import type { EdgeHooks, EdgeServices, GatewayServices, OwnDefinitions } from '../downstream/gateway-services.ts';
import type { ClientSession } from '../downstream/protocol/client-session.ts';
import { instructions } from '../downstream/protocol/instructions.ts';
import { metaToolDefinitions } from '../downstream/protocol/meta-tools.ts';
import { MultiRoundRequests } from '../downstream/protocol/multi-round-requests.ts';
import type { HandlePrimitive, SessionServices } from '../downstream/protocol/session-services.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { Guards } from '../policy/guards.ts';
import type { UsageStats } from '../policy/stats/usage-stats.ts';
import { repeatable } from '../policy/trust/inspect.ts';
import { isPinned } from '../policy/trust/trust.ts';
import { Catalog } from '../search/catalog.ts';
import type { InvocationHistory } from '../search/invocation-history.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';
import { ProtocolEraCache } from '../upstream/protocol-era-cache.ts';
import type { PrimitiveKind } from '../upstream/resources/lists.ts';
import { ServerPool } from '../upstream/server-pool.ts';
import { buildCallPipeline, guardsInOrder } from './call-pipeline.ts';
import { CatalogObserver } from './catalog-observer.ts';
import { knownSecrets } from './known-secrets.ts';
import { createGuards, createStats, jobLimits, usageMemory } from './optional-features.ts';
import { SemanticSearch } from './semantic-search.ts';
import { ServerTopics } from './server-topics.ts';

export interface GatewayOptions {
  /** Receives the log messages of the gateway; absent: they are dropped. */
  readonly log?: Logger;
  /**
   * Folder for data that can be learnt again (catalogs of servers, use of tools, vectors); absent: it stays in memory.
   */
  readonly cacheDirectory?: string;
  /** Folder for data that must last (trust records, counts); absent: it ends with the gateway. */
  readonly dataDirectory?: string;
  /** @internal Epoch ms after which no request waits for servers to come up; absent: each request has its own wait. */
  readonly waitsUntil?: number;
}

/** Used until an edge is attached: no client can be asked. */
const NO_EDGE: EdgeHooks = { owner: { identified: Promise.resolve({ capabilities: {} }), isShared: false } };

/** The composition root: the one place that knows all parts of a gateway. Edges bring clients to it. */
export class Composition {
  readonly log: Logger;
  readonly catalog = new Catalog();
  readonly pool: ServerPool;
  /** The reason why the current configuration file was not taken over; undefined if it was. */
  rejected: string | undefined;
  readonly #jobs: Jobs;
  readonly #usage: InvocationHistory | undefined;
  readonly #semantics: SemanticSearch;
  readonly #catalogCache: CatalogCache;
  readonly #protocolEras: ProtocolEraCache;
  readonly #topics: ServerTopics;
  readonly #observer: CatalogObserver;
  readonly #stats: UsageStats;
  readonly #guardList: readonly Guard[];
  readonly #guards: Guards;
  readonly #room = new ResultRoom(() => this.#settings.results.maxKeptChars);
  readonly #start: StartSettings;
  #edge = NO_EDGE;
  #config: GatewayConfig;

  constructor(config: GatewayConfig, options: GatewayOptions, catalogCache: CatalogCache) {
    const { cacheDirectory } = options;
    const start: StartSettings = config.settings;
    this.#start = start;
    this.#config = config;
    this.log = options.log ?? createLogger(() => {});
    const guarded = { ...options, config: (): LiveConfig => this.#config, log: this.log };
    this.#stats = createStats(guarded, () => this.#ownDefinitions());
    this.#guardList = guardsInOrder(createGuards(guarded, this.#stats));
    this.#guards = new Guards(this.#guardList);
    this.#jobs = new Jobs(() => jobLimits(this.#settings), {
      isShared: () => this.#edge.isShared?.() ?? false,
      observer: this.#stats,
    });
    this.#usage = usageMemory(start, cacheDirectory);
    this.#semantics = new SemanticSearch({
      settings: () => this.#settings.search.embeddings,
      catalog: this.catalog,
      directory: cacheDirectory,
      log: this.log,
    });
    this.#catalogCache = catalogCache;
    this.#protocolEras = new ProtocolEraCache(cacheDirectory && join(cacheDirectory, 'eras.json'));
    const { visible } = this.#guards;
    this.#topics = new ServerTopics({ catalog: this.catalog, catalogCache, visible, config: guarded.config });
    this.#observer = new CatalogObserver({
      ...{ log: this.log, guards: this.#guards, catalog: this.catalog, semantics: this.#semantics, catalogCache },
      topics: this.#topics,
      repeatable: this.#repeatable,
      edge: () => this.#edge,
    });
    this.pool = this.#openPool(options.waitsUntil);
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  /** Changes the running servers to those of `config`; unchanged ones run on. Throws if the edge refuses it. */
  use(config: GatewayConfig): void {
    this.#edge.checkConfig?.(config);
    this.#tellWaiting(config);
    this.#config = config;
    this.rejected = undefined;
    this.log.setLevel(config.settings.logLevel);
    for (const { severity, message, server } of config.problems) this.log[severity](message, { server });
    if (!config.found) this.log.warning(noConfig(config.path));
    this.pool.upstreams.reconcile(this.#edge.sharedEntries?.(config.servers) ?? config.servers);
    this.#jobs.limitsChanged();
    this.#semantics.reload();
    for (const server of config.servers) this.#topics.refresh(server);
    this.#edge.reloaded?.();
  }

  /** Warns of each changed setting that is read only at the start. */
  #tellWaiting({ path, settings }: GatewayConfig): void {
    for (const setting of waitingForStart(this.#start, this.#config.settings, settings))
      this.log.warning(`${path}: ${setting} takes effect at the next start`, { setting });
  }

  get #settings(): LiveSettings {
    return this.#config.settings;
  }

  services(): GatewayServices {
    return {
      catalog: this.catalog,
      jobs: this.#jobs,
      pool: this.pool,
      ownPoolObserver: this.#observer.ofOneClient,
      catalogCache: this.#catalogCache,
      protocolEras: this.#protocolEras,
      secrets: () => knownSecrets(this.#config),
      stats: this.#stats,
      toolWarnings: this.#guards.remarks,
      ownDefinitions: () => this.#ownDefinitions(),
      log: this.log,
      start: this.#start,
      config: () => this.#config,
      keys: () => configuredKeys(this.#config),
      exposes: (...which) => this.#exposes(...which),
      visible: this.#guards.visible,
      attach: (edge) => this.#attach(edge),
    };
  }

  /** Ends jobs and servers, and writes all that has to be stored. */
  async close(): Promise<void> {
    await Promise.all([
      this.#jobs.settle(),
      this.pool.close(),
      this.#usage?.close(),
      this.#guards.close(),
      this.#semantics.close(),
    ]);
    await this.#catalogCache.close();
  }

  /** Attaches the edge and builds all that depends on who the clients are and how they connect. */
  #attach(edge: EdgeHooks): EdgeServices {
    if (this.#edge !== NO_EDGE) throw new Error('a gateway has one edge');
    this.#edge = edge;
    const broker = this.#createBroker(edge);
    return { ...this.services(), broker, servicesFor: (...client) => this.#sessionServices(broker, ...client) };
  }

  #createBroker(edge: EdgeHooks): Broker {
    const { upstreams } = this.pool;
    const router = edge.router ?? upstreams;
    const { log } = this;
    const contents = new ContentKinds();
    return new Broker({
      catalog: this.catalog,
      upstreams,
      jobs: this.#jobs,
      call: buildCallPipeline(
        { edge, guards: this.#guardList, log, results: contents.policy },
        router.call.bind(router),
      ),
      contents,
      admit: this.#guards.admit,
      refused: (...refusal) => {
        this.#stats.refused(...refusal);
        edge.refused?.(...refusal);
      },
      witness: this.#stats,
      visible: this.#guards.visible,
      remarks: this.#guards.remarks,
      repeatable: this.#repeatable,
      topics: (...of) => this.#topics.of(...of),
      usage: this.#usage,
      semantics: this.#semantics,
      notices: () => configNotices(this.#config, this.rejected),
    });
  }

  #openPool(waitsUntil: number | undefined): ServerPool {
    return new ServerPool({
      waitsUntil,
      log: this.log,
      catalogCache: this.#catalogCache,
      protocolEras: this.#protocolEras,
      secrets: () => knownSecrets(this.#config),
      owner: () => this.#edge.owner,
      observer: this.#observer,
      keys: () => configuredKeys(this.#config),
      exposes: (...which) => this.#exposes(...which),
      router: () => this.#edge.router ?? this.pool.upstreams,
    });
  }

  /** Returns the part of a server's text about itself that may be repeated to clients. */
  readonly #repeatable = (server: ServerConfig, about: ServerCatalog['about']): ServerCatalog['about'] =>
    repeatable(about, isPinned(server, this.#settings));

  /** Ignores the caller: these settings are the same for all. */
  #exposes(_caller: Caller, server: string, kind: PrimitiveKind): boolean {
    const own = this.#config.servers.find(({ key }) => key === server);
    const { expose, permissions } = this.#settings;
    return expose[kind] && own?.expose[kind] === true && !hidesPrimitives(permissions, own);
  }

  #sessionServices(
    broker: Broker,
    caller: Caller,
    session: ClientSession,
    primitives: HandlePrimitive,
  ): SessionServices {
    const { maxInlineBytes } = this.#settings.results;
    return {
      broker,
      primitives,
      caller,
      session,
      multiRound: new MultiRoundRequests(),
      results: new ResultStore({ room: this.#room, caller: caller.id, maxLineBytes: maxInlineBytes }),
      maxLineBytes: maxInlineBytes,
      invokeWaitMs: () => this.#settings.invoke.waitMs,
      instructions: this.#instructions(),
      log: this.log,
    };
  }

  #instructions(): string {
    return instructions(this.#config, this.#catalogCache);
  }

  /** Returns the definitions and the text that every client gets before its first request. */
  #ownDefinitions(): OwnDefinitions {
    return { tools: metaToolDefinitions(), instructions: this.#instructions() };
  }
}

/**
 * Returns remarks on the configuration for the answer of a search. `rejected`: why the current file was not taken over.
 */
function configNotices(config: GatewayConfig, rejected: string | undefined): ConfigNotices {
  const { misconfigured, disabled, denied = [] } = config;
  const off = disabled.filter((key) => !denied.includes(key));
  return { misconfigured, disabled: off, ...configHint(config, rejected) };
}

/** Tells a model which part of the configuration cannot be used, with the cure; empty if all can. */
function configHint(config: GatewayConfig, rejected: string | undefined): { hint?: string } {
  const hints = [hintOf(config, rejected), config.project?.notice].filter((hint) => hint !== undefined);
  return hints.length > 0 ? { hint: hints.join('\n') } : {};
}

function hintOf({ found, path, servers, problems }: GatewayConfig, rejected: string | undefined): string | undefined {
  if (rejected) return `The configuration was edited and not taken over: ${rejected}`;
  if (!found) return noConfig(path);
  const whole = problems.filter(({ severity, server }) => severity === 'error' && server === undefined);
  if (whole.length > 0) return whole.map(({ message }) => message).join('; ');
  if (servers.length > 0) return undefined;
  return path === '' ? 'The object given as configuration has no server.' : `No server is configured in ${path}.`;
}

/** Says that there is no file yet, and which text to write to which path. */
function noConfig(path: string): string {
  return `No configuration yet: write your servers to ${path}, for example {"name": {"command": ["npx", "-y", "some-mcp-server"]}}. It is picked up at once.`;
}
