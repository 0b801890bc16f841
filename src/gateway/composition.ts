import { join } from 'node:path';
import { Broker } from '../broker/broker.ts';
import type { MeaningSearch } from '../broker/finder.ts';
import { Jobs } from '../broker/jobs/jobs.ts';
import { ResultRoom, ResultStore } from '../broker/results/result-store.ts';
import { configuredKeys, type GatewayConfig } from '../config/load.ts';
import { hidesPrimitives } from '../config/permissions.ts';
import type { ServerConfig } from '../config/schema.ts';
import type { Caller } from '../core/call.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import type { EdgeHooks, EdgeServices, GatewayServices, SentToClients } from '../downstream/gateway-services.ts';
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
import type { Semantics } from '../search/semantics/semantics.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';
import { ProtocolEraCache } from '../upstream/protocol-era-cache.ts';
import type { PrimitiveKind } from '../upstream/resources/lists.ts';
import { ServerPool } from '../upstream/server-pool.ts';
import { ToolUnion } from '../upstream/tool-union.ts';
import { buildCallPipeline, type NamedGuards } from './call-pipeline.ts';
import { configNotices, noConfig } from './config-notices.ts';
import { knownSecrets } from './known-secrets.ts';
import {
  createGuards,
  createSemanticSearch,
  createStats,
  fuseMeaning,
  jobLimits,
  usageMemory,
} from './optional-features.ts';

export interface GatewayOptions {
  /** Receives what the gateway logs; nothing is written anywhere by default. */
  readonly log?: Logger;
  /** Folder for what can be learnt again (catalogs of servers, use of tools, vectors); absent: nothing is kept on disk. */
  readonly cacheDirectory?: string;
  /** Folder for what must last (trust records, counts); absent: none of it outlives the gateway. */
  readonly dataDirectory?: string;
  /** @internal Epoch ms from which on nobody waits for servers to come up; absent: each request has its own patience. */
  readonly waitsUntil?: number;
}

/** Stands in until an edge is attached: nobody can be asked anything. */
const NO_EDGE: EdgeHooks = { audience: { introduced: Promise.resolve({ capabilities: {} }), isShared: false } };

/** The composition root: the one place where all parts of a gateway know each other. Edges bring clients to it. */
export class Composition {
  readonly log: Logger;
  readonly catalog = new Catalog();
  readonly backend: ServerPool;
  /** The reason why the configuration file as it is now was not taken over; undefined: it was. */
  rejected: string | undefined;
  readonly #jobs: Jobs;
  readonly #usage: InvocationHistory | undefined;
  readonly #semantics: Promise<Semantics> | undefined;
  readonly #meaning: MeaningSearch | undefined;
  readonly #remembered: CatalogCache;
  readonly #verdicts: ProtocolEraCache;
  readonly #offered: ToolUnion;
  readonly #stats: UsageStats;
  readonly #namedGuards: NamedGuards;
  readonly #guards: Guards;
  readonly #room = new ResultRoom(() => this.#config.settings.results.maxKeptChars);
  #edge = NO_EDGE;
  #config: GatewayConfig;

  constructor(config: GatewayConfig, options: GatewayOptions, remembered: CatalogCache) {
    const { cacheDirectory } = options;
    this.#config = config;
    this.log = options.log ?? createLogger(() => {});
    const guarded = { ...options, config: () => this.#config, log: this.log };
    this.#stats = createStats(guarded, () => this.#sent());
    const { stats, trust, permissions } = createGuards(guarded, this.#stats);
    this.#namedGuards = { stats, trust, permissions };
    this.#guards = new Guards([stats, trust, permissions]);
    this.#jobs = new Jobs(jobLimits(config), Date.now, () => this.#edge.isShared?.() ?? false);
    this.#usage = usageMemory(config, cacheDirectory);
    this.#semantics = cacheDirectory ? createSemanticSearch(config, cacheDirectory, this.log) : undefined;
    this.#meaning = this.#semantics && fuseMeaning(this.#semantics, this.catalog, config);
    this.#remembered = remembered;
    this.#verdicts = new ProtocolEraCache(cacheDirectory && join(cacheDirectory, 'eras.json'));
    this.#offered = new ToolUnion((server, tools) => {
      this.#guards.listed(server.key, tools);
      const { duplicates } = this.catalog.setServer(server, tools);
      for (const tool of duplicates) this.log.warning('duplicate tool', { server: server.key, tool });
      void this.#semantics?.then((known) => known.setServer(server.key, this.catalog.toolsOf(server.key)));
    });
    this.backend = this.#openBackend(options.waitsUntil);
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  /** Makes the running servers those of `config`; what did not change is not touched. */
  use(config: GatewayConfig): void {
    this.#config = config;
    this.rejected = undefined;
    this.log.setLevel(config.settings.logLevel);
    for (const { severity, message, server } of config.problems) this.log[severity](message, { server });
    if (!config.found) this.log.warning(noConfig(config.path));
    this.backend.upstreams.reconcile(this.#edge.sharedEntries?.(config.servers) ?? config.servers);
    this.#edge.reloaded?.();
  }

  services(): GatewayServices {
    return {
      catalog: this.catalog,
      jobs: this.#jobs,
      backend: this.backend,
      offered: this.#offered,
      remembered: this.#remembered,
      verdicts: this.#verdicts,
      secrets: () => knownSecrets(this.#config),
      receipt: this.#stats,
      remarks: this.#guards.remarks,
      sent: () => this.#sent(),
      log: this.log,
      config: () => this.#config,
      keys: () => configuredKeys(this.#config),
      exposes: (...which) => this.#exposes(...which),
      visible: this.#guards.visible,
      attach: (edge) => this.#attach(edge),
    };
  }

  /** Ends jobs and servers, and keeps what is to be kept. */
  async close(): Promise<void> {
    await Promise.all([
      this.#jobs.settle(),
      this.backend.close(),
      this.#usage?.close(),
      this.#guards.close(),
      this.#semantics?.then((known) => known.close()),
    ]);
    await this.#remembered.close();
  }

  /** The one moment at which it is known who comes and how: everything that depends on that is built here. */
  #attach(edge: EdgeHooks): EdgeServices {
    if (this.#edge !== NO_EDGE) throw new Error('a gateway has one edge');
    this.#edge = edge;
    const broker = this.#createBroker(edge);
    return { ...this.services(), broker, partsFor: (...client) => this.#sessionServices(broker, ...client) };
  }

  #createBroker(edge: EdgeHooks): Broker {
    const { upstreams } = this.backend;
    const router = edge.router ?? upstreams;
    const { log } = this;
    return new Broker({
      catalog: this.catalog,
      upstreams,
      jobs: this.#jobs,
      call: buildCallPipeline({ edge, guards: this.#namedGuards, log }, router.call.bind(router)),
      admit: this.#guards.admit,
      refused: (...refusal) => {
        this.#stats.refused(...refusal);
        edge.refused?.(...refusal);
      },
      witness: this.#stats,
      visible: this.#guards.visible,
      remarks: this.#guards.remarks,
      repeatable: (...words) => this.#repeatable(...words),
      usage: this.#usage,
      semantics: this.#meaning,
      notices: () => configNotices(this.#config, this.rejected),
    });
  }

  #openBackend(waitsUntil: number | undefined): ServerPool {
    return new ServerPool({
      waitsUntil,
      log: this.log,
      remembered: this.#remembered,
      verdicts: this.#verdicts,
      secrets: () => knownSecrets(this.#config),
      audience: () => this.#edge.audience,
      keys: () => configuredKeys(this.#config),
      exposes: (...which) => this.#exposes(...which),
      router: () => this.#edge.router ?? this.backend.upstreams,
      onRead: (server, catalog, client) => {
        this.#remembered.learn(server, { ...catalog, about: this.#repeatable(server, catalog.about) }, client);
      },
      onTools: (...listing) => this.#offered.toAll(...listing),
      onListChanged: (...change) => this.#edge.listChanged?.(...change),
      onGone: (server) => {
        this.#offered.remove(server);
        this.catalog.removeServer(server);
        void this.#semantics?.then((known) => known.removeServer(server));
      },
    });
  }

  #repeatable(server: ServerConfig, about: ServerCatalog['about']): ServerCatalog['about'] {
    return repeatable(about, isPinned(server, this.#config.settings));
  }

  #exposes(server: string, kind: PrimitiveKind): boolean {
    const own = this.#config.servers.find(({ key }) => key === server);
    const { expose, permissions } = this.#config.settings;
    return expose[kind] && own?.expose[kind] === true && !hidesPrimitives(permissions, own);
  }

  #sessionServices(
    broker: Broker,
    caller: Caller,
    session: ClientSession,
    primitives: HandlePrimitive,
  ): SessionServices {
    const { maxInlineBytes } = this.#config.settings.results;
    return {
      broker,
      primitives,
      caller,
      session,
      conversations: new MultiRoundRequests(),
      results: new ResultStore({ room: this.#room, caller: caller.id, maxLineBytes: maxInlineBytes }),
      maxLineBytes: maxInlineBytes,
      invokeWaitMs: () => this.#config.settings.invoke.waitMs,
      instructions: this.#instructions(),
      log: this.log,
    };
  }

  #instructions(): string {
    return instructions(this.#config.servers, (server) => this.#remembered.recall(server)?.about);
  }

  /** The definitions and the text that every client gets before it asks for anything. */
  #sent(): SentToClients {
    return { tools: metaToolDefinitions(), instructions: this.#instructions() };
  }
}
