import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Audience, Backend, type Router } from './backend.ts';
import { Broker } from './broker.ts';
import { logDefects, tellMended } from './call-policies.ts';
import { Catalog } from './catalog/catalog.ts';
import { hidesPrimitives } from './config/denied-servers.ts';
import type { GatewayConfig } from './config/load.ts';
import type { GatewaySettings } from './config/settings.ts';
import { type ConfigSource, fileSource } from './config/source.ts';
import { watchFiles } from './config/watch.ts';
import type { Caller, CallTool } from './core/call.ts';
import { causeOf, GatewayError } from './core/errors.ts';
import { createLogger, type Logger } from './core/log.ts';
import type { Edge, EdgeHost, EdgeInternals } from './edge.ts';
import type { Guards } from './guards.ts';
import { Jobs } from './jobs/jobs.ts';
import type { ClientSession } from './mcp/client-session.ts';
import { Conversations } from './mcp/conversation.ts';
import { FrontDesk } from './mcp/front-desk.ts';
import { instructions } from './mcp/instructions.ts';
import { metaToolDefinitions } from './mcp/meta-tools.ts';
import type { HandlePrimitive, ServerParts } from './mcp/server-parts.ts';
import { configHint, noConfig } from './notices.ts';
import { OfferedTools } from './offered-tools.ts';
import { counting, fusing, guarding, jobLimits, meaning, type SentToClients, usageMemory } from './optional-parts.ts';
import type { PrimitiveKind } from './primitives/primitive-source.ts';
import type { Receipt } from './receipt/receipt.ts';
import type { RememberedServers } from './remembered/remembered-servers.ts';
import { ResultStore } from './results/result-store.ts';
import type { Semantics } from './semantics/semantics.ts';
import { serverMemory } from './server-memory.ts';
import { type ServerView, serverViews } from './server-views.ts';
import { StdioEdge } from './stdio-edge.ts';
import { EraVerdicts } from './upstream/era-verdicts.ts';
import type { UsageMemory } from './usage/usage-memory.ts';

export interface GatewayOptions {
  /** Receives what the gateway logs; nothing is written anywhere by default. */
  readonly log?: Logger;
  /** Where it keeps what it has learnt (what servers offer, use of tools, vectors); absent: nothing is kept on disk. */
  readonly cacheDirectory?: string;
  /** Where it keeps what must last (which tools are trusted, counts); absent: none of it outlives the gateway. */
  readonly dataDirectory?: string;
}

export interface StartOptions {
  /** `false`: no socket is opened, for `fetch` and `serveStdio`. */
  readonly listen?: boolean;
}

/** Before any client has come: nobody can be asked anything. */
const NOBODY: Audience = { introduced: Promise.resolve({ capabilities: {} }), isShared: false };

/** A configuration, running. The composition root: the one place where all parts know each other. */
export class Gateway {
  readonly #broker: Broker;
  readonly #log: Logger;
  readonly #catalog = new Catalog();
  readonly #jobs: Jobs;
  readonly #usage: UsageMemory | undefined;
  readonly #semantics: Promise<Semantics> | undefined;
  readonly #remembered: RememberedServers;
  readonly #verdicts: EraVerdicts;
  readonly #offered: OfferedTools;
  readonly #receipt: Receipt;
  readonly #guards: Guards;
  readonly #backend: Backend;
  #audience = NOBODY;
  #router: Router;
  /** A call on its way to a server, with all that is wrapped around it. */
  #call: CallTool;
  #host: EdgeHost | undefined;
  #config: GatewayConfig;
  /** Why the file as it is now was not taken over. */
  #rejected: string | undefined;
  #stdio: StdioEdge | undefined;
  #edge: Promise<Edge> | undefined;
  #url: string | undefined;
  #isStarted = false;
  #isStopped = false;
  #markStarted: () => void = () => {};
  readonly #started = new Promise<void>((resolve) => {
    this.#markStarted = resolve;
  });
  #watcher: { close(): void } | undefined;

  constructor(config: GatewayConfig, options?: GatewayOptions);
  /** @internal `remembered` is given by whoever has read it already. */
  constructor(config: GatewayConfig, options: GatewayOptions, remembered: RememberedServers);
  constructor(
    config: GatewayConfig,
    options: GatewayOptions = {},
    remembered: RememberedServers = serverMemory(options.cacheDirectory),
  ) {
    const { cacheDirectory } = options;
    this.#config = config;
    this.#log = options.log ?? createLogger(() => {});
    const guarded = { ...options, config: () => this.#config, log: this.#log };
    this.#receipt = counting(guarded, () => this.#sent());
    this.#guards = guarding({ ...guarded, receipt: this.#receipt });
    this.#jobs = new Jobs(jobLimits(config));
    this.#usage = usageMemory(config, cacheDirectory);
    this.#semantics = cacheDirectory ? meaning(config, cacheDirectory, this.#log) : undefined;
    this.#remembered = remembered;
    this.#verdicts = new EraVerdicts(cacheDirectory && join(cacheDirectory, 'eras.json'));
    this.#offered = new OfferedTools((server, tools) => {
      this.#guards.listed(server.key, tools);
      const { duplicates } = this.#catalog.setServer(server, tools);
      for (const tool of duplicates) this.#log.warning('duplicate tool', { server: server.key, tool });
      void this.#semantics?.then((known) => known.setServer(server.key, this.#catalog.toolsOf(server.key)));
    });
    this.#backend = this.#openBackend();
    this.#router = this.#backend.upstreams;
    const called: CallTool = (call, context) => this.#router.call(call, context);
    this.#call = logDefects(this.#log)(this.#guards.policy(tellMended(called)));
    this.#broker = new Broker({
      catalog: this.#catalog,
      upstreams: this.#backend.upstreams,
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
      usage: this.#usage,
      semantics: this.#semantics && fusing(this.#semantics, this.#catalog, config),
      notices: () => ({ misconfigured: this.#config.misconfigured, ...configHint(this.#config, this.#rejected) }),
    });
  }

  /**
   * Starts the servers that are not left idle until their first use, all at once, and serves HTTP at `host` and `port` of
   * the settings, unless `listen` is false or a client is served by `serveStdio`. Resolves when it listens, without waiting
   * for any server. Throws `CONFIG_INVALID` where the settings do not allow to listen, and what the socket fails with.
   */
  async start({ listen = this.#stdio === undefined }: StartOptions = {}): Promise<void> {
    const edge = listen ? await this.#openEdge() : undefined;
    edge?.check();
    this.startServers();
    this.#url = await edge?.listen();
  }

  /** @internal Starts the servers; see `start`. */
  startServers(): void {
    this.#isStarted = true;
    this.reload(this.#config);
    this.#markStarted();
  }

  /** Where it is served over HTTP, such as `http://127.0.0.1:4000`; undefined while it is not. */
  get url(): string | undefined {
    return this.#url;
  }

  /** The settings as they are now. */
  get settings(): GatewaySettings {
    return this.#config.settings;
  }

  /** Every configured server as it stands now. */
  servers(): readonly ServerView[] {
    return serverViews(this.#config, this.#backend.upstreams.all(), this.#catalog);
  }

  /** Resolves when each server has been reached or not for the first time, or after `ms`. */
  async settled(ms: number): Promise<void> {
    await this.#backend.upstreams.firstConnects(ms, () => true);
  }

  /** Answers an HTTP request in process, as the socket would. Starts the servers if `start` did not. */
  async fetch(request: Request): Promise<Response> {
    const edge = await this.#openEdge();
    if (!this.#isStarted) this.startServers();
    return edge.fetch(request);
  }

  /** Makes the running servers those of `config`; what did not change is not touched. */
  reload(config: GatewayConfig): void {
    this.#config = config;
    this.#rejected = undefined;
    this.#log.setLevel(config.settings.logLevel);
    for (const { severity, message, server } of config.problems) this.#log[severity](message, { server });
    if (!config.found) this.#log.warning(noConfig(config.path));
    this.#backend.upstreams.reconcile(this.#host?.sharedEntries?.(config.servers) ?? config.servers);
    this.#host?.reloaded();
    void config.later?.then((next) => !this.#isStopped && this.#config === config && this.reload(next));
  }

  /** Follows the configuration file from now on. A broken edit is reported, and the old configuration stays. */
  watch(): void;
  /** @internal Follows all that the configuration was made of. */
  watch(source: ConfigSource): void;
  watch(source = fileSource(this.#config.path, this.#config.fingerprint)): void {
    this.#watcher ??= watchFiles(source, () => void this.#reread(source), { known: source.known });
  }

  /** Serves one client over a pair of streams. Resolves when the client has gone. Call it before `start` or right after: servers are told who the client is. */
  serveStdio(input: Readable, output: Writable): Promise<void> {
    return this.serve(new FrontDesk(input, output));
  }

  /** @internal Says on whose behalf servers are connected to, where that is no client: a person at a terminal. Before `startServers`. */
  attend(audience: Audience): void {
    this.#audience = audience;
  }

  /** @internal Serves the client that has come to a desk; see `serveStdio`. */
  async serve(desk: FrontDesk): Promise<void> {
    if (this.#edge) throw oneOrTheOther();
    const stdio = new StdioEdge(this.internals());
    this.#stdio = stdio;
    this.#audience = stdio.audience;
    // A request that comes before must not find a gateway without servers.
    await this.#started;
    await stdio.serve(desk);
  }

  /** Ends everything: connections of clients, jobs, servers and all that they started. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watcher?.close();
    await (await this.#edge)?.stop();
    this.#url = undefined;
    await this.#stdio?.close();
    await Promise.all([
      this.#jobs.settle(),
      this.#backend.close(),
      this.#usage?.close(),
      this.#guards.close(),
      this.#semantics?.then((known) => known.close()),
    ]);
    await this.#remembered.close();
  }

  #openBackend(): Backend {
    return new Backend({
      log: this.#log,
      remembered: this.#remembered,
      verdicts: this.#verdicts,
      audience: () => this.#audience,
      exposes: (...which) => this.#exposes(...which),
      router: () => this.#router,
      onRead: (...reading) => this.#remembered.learn(...reading),
      onTools: (...listing) => this.#offered.toAll(...listing),
      onListChanged: (...change) => this.#host?.listChanged(...change),
      onGone: (server) => {
        this.#offered.remove(server);
        this.#catalog.removeServer(server);
        void this.#semantics?.then((known) => known.removeServer(server));
      },
    });
  }

  #exposes(server: string, kind: PrimitiveKind): boolean {
    const own = this.#config.servers.find(({ key }) => key === server);
    const { expose, permissions } = this.#config.settings;
    return expose[kind] && own?.expose[kind] === true && !hidesPrimitives(permissions, own);
  }

  #partsFor(caller: Caller, session: ClientSession, primitives: HandlePrimitive): ServerParts {
    const { maxInlineBytes, maxKeptChars } = this.#config.settings.results;
    return {
      broker: this.#broker,
      primitives,
      caller,
      session,
      conversations: new Conversations(),
      results: new ResultStore({ maxChars: maxKeptChars, maxLineBytes: maxInlineBytes }),
      maxLineBytes: maxInlineBytes,
      invokeWaitMs: () => this.#config.settings.invoke.waitMs,
      instructions: this.#instructions(),
      log: this.#log,
    };
  }

  #instructions(): string {
    return instructions(this.#config.servers, (server) => this.#remembered.recall(server)?.about);
  }

  /** What a client is sent of our own before it asks for anything. */
  #sent(): SentToClients {
    return { tools: metaToolDefinitions(), instructions: this.#instructions() };
  }

  /** @internal The parts, for an edge or a command of this process. */
  internals(): EdgeInternals {
    return {
      broker: this.#broker,
      catalog: this.#catalog,
      jobs: this.#jobs,
      backend: this.#backend,
      offered: this.#offered,
      remembered: this.#remembered,
      verdicts: this.#verdicts,
      receipt: this.#receipt,
      remarks: (tool) => this.#guards.remarks(tool),
      sent: () => this.#sent(),
      log: this.#log,
      config: () => this.#config,
      exposes: (...which) => this.#exposes(...which),
      visible: (...which) => this.#guards.visible(...which),
      partsFor: (...client) => this.#partsFor(...client),
    };
  }

  /** @internal Has an edge with many clients take over what is on its way to servers. Before `startServers`. */
  compose<Composed extends { readonly host: EdgeHost }>(make: (parts: EdgeInternals) => Composed): Composed {
    const edge = make(this.internals());
    const { audience, router, policy } = edge.host;
    this.#host = edge.host;
    this.#audience = audience;
    this.#router = router;
    if (policy) this.#call = policy(this.#call);
    return edge;
  }

  #openEdge(): Promise<Edge> {
    if (this.#stdio) throw oneOrTheOther();
    this.#edge ??= this.#loadEdge();
    return this.#edge;
  }

  /** The edge is loaded when somebody wants it: there are several clients now. */
  async #loadEdge(): Promise<Edge> {
    const { Edge } = await import('./edge.ts');
    return this.compose((parts) => new Edge(parts));
  }

  async #reread(source: ConfigSource): Promise<void> {
    try {
      this.reload(await source.load());
      this.#log.info('configuration taken over', { path: this.#config.path });
    } catch (error) {
      this.#rejected = causeOf(error);
      this.#log.error('configuration not taken over; the old one stays', { error: this.#rejected });
    }
  }
}

function oneOrTheOther(): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    'a gateway serves one client over stdio, or HTTP: take another one for the other',
  );
}
