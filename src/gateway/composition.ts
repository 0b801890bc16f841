import { join } from 'node:path';
import { Broker } from '../broker/broker.ts';
import { Jobs } from '../broker/jobs/jobs.ts';
import { ResultRoom, ResultStore } from '../broker/results/result-store.ts';
import { configuredKeys, type GatewayConfig } from '../config/load.ts';
import { hidesPrimitives } from '../config/permissions.ts';
import type { ServerConfig } from '../config/schema.ts';
import type { Caller, CallTool } from '../core/call.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import type { EdgeHooks, GatewayServices, SentToClients } from '../downstream/gateway-services.ts';
import type { ClientSession } from '../downstream/protocol/client-session.ts';
import { instructions } from '../downstream/protocol/instructions.ts';
import { metaToolDefinitions } from '../downstream/protocol/meta-tools.ts';
import { MultiRoundRequests } from '../downstream/protocol/multi-round-requests.ts';
import type { HandlePrimitive, SessionServices } from '../downstream/protocol/session-services.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { type Guards, logDefects, tellMended } from '../policy/guards.ts';
import type { UsageStats } from '../policy/stats/usage-stats.ts';
import { repeatable } from '../policy/trust/inspect.ts';
import { isPinned } from '../policy/trust/trust.ts';
import { Catalog } from '../search/catalog.ts';
import type { InvocationHistory } from '../search/invocation-history.ts';
import type { Semantics } from '../search/semantics/semantics.ts';
import type { CatalogCache } from '../upstream/catalog-cache.ts';
import { ProtocolEraCache } from '../upstream/protocol-era-cache.ts';
import type { PrimitiveKind } from '../upstream/resources/lists.ts';
import { type PoolOwner, type Router, ServerPool } from '../upstream/server-pool.ts';
import { ToolUnion } from '../upstream/tool-union.ts';
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
  /** Where it keeps what it has learnt (what servers offer, use of tools, vectors); absent: nothing is kept on disk. */
  readonly cacheDirectory?: string;
  /** Where it keeps what must last (which tools are trusted, counts); absent: none of it outlives the gateway. */
  readonly dataDirectory?: string;
  /** @internal Epoch ms from which on nobody waits for servers to come up; absent: each request has its own patience. */
  readonly waitsUntil?: number;
}

/** Before any client has come: nobody can be asked anything. */
const NOBODY: PoolOwner = { introduced: Promise.resolve({ capabilities: {} }), isShared: false };

/** The composition root: the one place where all parts of a gateway know each other. Edges bring clients to it. */
export class Composition {
  readonly log: Logger;
  readonly catalog = new Catalog();
  readonly backend: ServerPool;
  /** Why the configuration file as it is now was not taken over. */
  rejected: string | undefined;
  readonly #broker: Broker;
  readonly #jobs: Jobs;
  readonly #usage: InvocationHistory | undefined;
  readonly #semantics: Promise<Semantics> | undefined;
  readonly #remembered: CatalogCache;
  readonly #verdicts: ProtocolEraCache;
  readonly #offered: ToolUnion;
  readonly #receipt: UsageStats;
  readonly #guards: Guards;
  readonly #room = new ResultRoom(() => this.#config.settings.results.maxKeptChars);
  #audience = NOBODY;
  #router: Router;
  /** A call on its way to a server, with all that is wrapped around it. */
  #call: CallTool;
  #host: EdgeHooks | undefined;
  #config: GatewayConfig;

  constructor(config: GatewayConfig, options: GatewayOptions, remembered: CatalogCache) {
    const { cacheDirectory } = options;
    this.#config = config;
    this.log = options.log ?? createLogger(() => {});
    const guarded = { ...options, config: () => this.#config, log: this.log };
    this.#receipt = createStats(guarded, () => this.#sent());
    this.#guards = createGuards({ ...guarded, receipt: this.#receipt });
    this.#jobs = new Jobs(jobLimits(config), {
      isShared: () => this.#host?.isShared?.() ?? false,
      observer: this.#receipt,
    });
    this.#usage = usageMemory(config, cacheDirectory);
    this.#semantics = cacheDirectory ? createSemanticSearch(config, cacheDirectory, this.log) : undefined;
    this.#remembered = remembered;
    this.#verdicts = new ProtocolEraCache(cacheDirectory && join(cacheDirectory, 'eras.json'));
    this.#offered = new ToolUnion((server, tools) => {
      this.#guards.listed(server.key, tools);
      const { duplicates } = this.catalog.setServer(server, tools);
      for (const tool of duplicates) this.log.warning('duplicate tool', { server: server.key, tool });
      void this.#semantics?.then((known) => known.setServer(server.key, this.catalog.toolsOf(server.key)));
    });
    this.backend = this.#openBackend(options.waitsUntil);
    this.#router = this.backend.upstreams;
    const called: CallTool = (call, context) => this.#router.call(call, context);
    this.#call = logDefects(this.log)(this.#guards.policy(tellMended(called)));
    this.#broker = new Broker({
      catalog: this.catalog,
      upstreams: this.backend.upstreams,
      jobs: this.#jobs,
      call: (call, context) => this.#call(call, context),
      admit: (...which) => this.#guards.admit(...which),
      refused: (...refusal) => {
        this.#receipt.refused(...refusal);
        this.#host?.refused?.(...refusal);
      },
      witness: this.#receipt,
      visible: (...which) => this.#guards.visible(...which),
      remarks: (tool) => this.#guards.remarks(tool),
      repeatable: (...words) => this.#repeatable(...words),
      usage: this.#usage,
      semantics: this.#semantics && fuseMeaning(this.#semantics, this.catalog, config),
      notices: () => this.#notices(),
    });
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
    this.backend.upstreams.reconcile(this.#host?.sharedEntries?.(config.servers) ?? config.servers);
    this.#host?.reloaded();
  }

  /** Says on whose behalf servers are connected to. Before any is. */
  attend(audience: PoolOwner): void {
    this.#audience = audience;
  }

  /** Has an edge with many clients take over what is on its way to servers. Before any is connected to. */
  host(edge: EdgeHooks): void {
    const { audience, router, policy } = edge;
    this.#host = edge;
    this.#audience = audience;
    this.#router = router;
    if (policy) this.#call = policy(this.#call);
  }

  /** The parts, for an edge or a command of this process. */
  parts(): GatewayServices {
    return {
      broker: this.#broker,
      catalog: this.catalog,
      jobs: this.#jobs,
      backend: this.backend,
      offered: this.#offered,
      remembered: this.#remembered,
      verdicts: this.#verdicts,
      secrets: () => knownSecrets(this.#config),
      receipt: this.#receipt,
      remarks: (tool) => this.#guards.remarks(tool),
      sent: () => this.#sent(),
      log: this.log,
      config: () => this.#config,
      keys: () => configuredKeys(this.#config),
      exposes: (...which) => this.#exposes(...which),
      visible: (...which) => this.#guards.visible(...which),
      partsFor: (...client) => this.#partsFor(...client),
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

  #notices() {
    const { misconfigured, disabled, denied = [] } = this.#config;
    const off = disabled.filter((key) => !denied.includes(key));
    return { misconfigured, disabled: off, ...configHint(this.#config, this.rejected) };
  }

  #openBackend(waitsUntil: number | undefined): ServerPool {
    return new ServerPool({
      waitsUntil,
      log: this.log,
      remembered: this.#remembered,
      verdicts: this.#verdicts,
      secrets: () => knownSecrets(this.#config),
      audience: () => this.#audience,
      keys: () => configuredKeys(this.#config),
      exposes: (...which) => this.#exposes(...which),
      router: () => this.#router,
      onRead: (server, catalog, client) => {
        this.#remembered.learn(server, { ...catalog, about: this.#repeatable(server, catalog.about) }, client);
      },
      onTools: (...listing) => this.#offered.toAll(...listing),
      onListChanged: (...change) => this.#host?.listChanged(...change),
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

  #partsFor(caller: Caller, session: ClientSession, primitives: HandlePrimitive): SessionServices {
    const { maxInlineBytes } = this.#config.settings.results;
    return {
      broker: this.#broker,
      primitives,
      caller,
      session,
      multiRound: new MultiRoundRequests(),
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

  /** What a client is sent of our own before it asks for anything. */
  #sent(): SentToClients {
    return { tools: metaToolDefinitions(), instructions: this.#instructions() };
  }
}

/** What a model is told of a configuration that cannot be used as it stands, with the cure; nothing where all is well. */
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

/** That there is no file yet, and what to write where. */
function noConfig(path: string): string {
  return `No configuration yet: write your servers to ${path}, for example {"name": {"command": ["npx", "-y", "some-mcp-server"]}}. It is picked up at once.`;
}
