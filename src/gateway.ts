import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Announcements } from './announcements.ts';
import { Broker } from './broker.ts';
import { logDefects, tellMended } from './call-policies.ts';
import { Catalog } from './catalog/catalog.ts';
import { type GatewayConfig, loadConfig } from './config/load.ts';
import { watchConfig } from './config/watch.ts';
import { LOCAL } from './core/call.ts';
import { causeOf } from './core/errors.ts';
import { createLogger, type Logger } from './core/log.ts';
import type { MeaningSearch } from './finder.ts';
import { Jobs } from './jobs/jobs.ts';
import { ClientSession } from './mcp/client-session.ts';
import { Conversations } from './mcp/conversation.ts';
import { FrontDesk } from './mcp/front-desk.ts';
import { instructions } from './mcp/instructions.ts';
import { insteadOf } from './mcp/oversize.ts';
import { type StdioConnection, serveStdio } from './mcp/serve-stdio.ts';
import type { ServerParts } from './mcp/server-parts.ts';
import type { PrimitiveKind } from './primitives/primitive-source.ts';
import { Primitives } from './primitives/primitives.ts';
import type { RememberedServers } from './remembered/remembered-servers.ts';
import { ResultStore } from './results/result-store.ts';
import type { Semantics } from './semantics/semantics.ts';
import { serverMemory } from './server-memory.ts';
import { EraVerdicts } from './upstream/era-verdicts.ts';
import { Upstreams } from './upstream/upstreams.ts';
import { upstreamPrimitives } from './upstream-primitives.ts';
import { UsageMemory } from './usage/usage-memory.ts';

export interface GatewayOptions {
  /** Receives what the gateway logs; nothing is written anywhere by default. */
  readonly log?: Logger;
  /** Where it keeps what it has learnt (what servers offer, use of tools, vectors); absent: nothing is kept on disk. */
  readonly cacheDirectory?: string;
}

const HOUR_MS = 3_600_000;

/** A configuration, running. The composition root: the one place where all parts know each other. */
export class Gateway {
  readonly #broker: Broker;
  readonly #log: Logger;
  readonly #catalog = new Catalog();
  readonly #jobs: Jobs;
  readonly #usage: UsageMemory | undefined;
  readonly #semantics: Promise<Semantics> | undefined;
  readonly #remembered: RememberedServers;
  readonly #upstreams: Upstreams;
  readonly #primitives: Primitives;
  readonly #announcements: Announcements;
  #config: GatewayConfig;
  /** Why the file as it is now was not taken over. */
  #rejected: string | undefined;
  #session: ClientSession | undefined;
  #connection: StdioConnection | undefined;
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
    this.#config = config;
    this.#log = options.log ?? createLogger(() => {});
    this.#jobs = new Jobs(jobLimits(config));
    this.#usage = usageMemory(config, options);
    this.#semantics = options.cacheDirectory ? meaning(config, options.cacheDirectory, this.#log) : undefined;
    this.#remembered = remembered;
    this.#announcements = new Announcements({
      upstreams: () => this.#upstreams,
      primitives: () => this.#primitives,
      session: () => this.#session,
      exposes: (server, kind) => this.#exposes(server, kind),
      log: this.#log,
    });
    this.#upstreams = new Upstreams({
      log: this.#log,
      // What a client can do is told to each server in the handshake; without a client, nothing can be done.
      identity: () => this.#session?.introduced ?? Promise.resolve({ capabilities: {} }),
      session: () => this.#session,
      verdicts: new EraVerdicts(options.cacheDirectory && join(options.cacheDirectory, 'eras.json')),
      recall: (server) => this.#remembered.recall(server),
      onRead: (...reading) => this.#remembered.learn(...reading),
      isExpected: (server) => this.#primitives.subscriptionsOf(server).length > 0,
      onTools: (server, tools) => {
        const { duplicates } = this.#catalog.setServer(server, tools);
        for (const tool of duplicates) this.#log.warning('duplicate tool', { server: server.key, tool });
        void this.#semantics?.then((known) => known.setServer(server.key, this.#catalog.toolsOf(server.key)));
      },
      onGone: (server) => {
        this.#catalog.removeServer(server);
        void this.#semantics?.then((known) => known.removeServer(server));
        this.#primitives.invalidate(server);
      },
      onReady: (server, connection) => this.#announcements.serverReady(server, connection),
      onNotification: (...notification) => this.#announcements.fromServer(...notification),
    });
    const exposes = (server: string, kind: PrimitiveKind) => this.#exposes(server, kind);
    this.#primitives = new Primitives(
      upstreamPrimitives({ upstreams: this.#upstreams, remembered: this.#remembered, exposes }),
      exposes,
      (server, problem) => this.#log.warning('list', { server, problem }),
    );
    this.#broker = new Broker({
      catalog: this.#catalog,
      upstreams: this.#upstreams,
      jobs: this.#jobs,
      call: logDefects(this.#log)(tellMended((call, context) => this.#upstreams.call(call, context))),
      visible: () => true,
      usage: this.#usage,
      semantics: this.#semantics && fusing(this.#semantics, this.#catalog, config),
      notices: () => ({ misconfigured: this.#config.misconfigured, ...this.#hint() }),
    });
  }

  /** Starts the servers that are not left idle until their first use, all at once, and returns without waiting for any. */
  start(): void {
    this.reload(this.#config);
    this.#markStarted();
  }

  /** Makes the running servers those of `config`; what did not change is not touched. */
  reload(config: GatewayConfig): void {
    this.#config = config;
    this.#rejected = undefined;
    this.#log.setLevel(config.settings.logLevel);
    for (const { severity, message, server } of config.problems) this.#log[severity](message, { server });
    if (!config.found) this.#log.warning(noConfig(config.path));
    this.#upstreams.reconcile(config.servers);
  }

  /** Follows the configuration file from now on. A broken edit is reported, and the old configuration stays. */
  watch(): void {
    const { path, fingerprint } = this.#config;
    this.#watcher ??= watchConfig(path, () => void this.#reread(), { known: fingerprint });
  }

  /** Serves one client over a pair of streams. Resolves when the client has gone. Call it before `start` or right after: servers are told who the client is. */
  serveStdio(input: Readable, output: Writable): Promise<void> {
    return this.serve(new FrontDesk(input, output));
  }

  /** @internal Serves the client that has come to a desk; see `serveStdio`. */
  async serve(desk: FrontDesk): Promise<void> {
    this.#session = new ClientSession({
      onLogLevel: (level) => this.#announcements.logLevel(level),
      onRootsChanged: () => this.#announcements.rootsChanged(),
      onListen: (uris) => this.#subscribe(uris),
    });
    const { maxInlineBytes, maxKeptChars } = this.#config.settings.results;
    const results = new ResultStore({ maxChars: maxKeptChars, maxLineBytes: maxInlineBytes });
    const parts: ServerParts = {
      broker: this.#broker,
      primitives: (...request) => this.#primitives.handle(...request),
      caller: LOCAL,
      session: this.#session,
      conversations: new Conversations(),
      results,
      maxLineBytes: maxInlineBytes,
      invokeWaitMs: () => this.#config.settings.invoke.waitMs,
      instructions: instructions(this.#config.servers, (server) => this.#remembered.recall(server)?.about),
      log: this.#log,
    };
    // A request that comes before must not find a gateway without servers.
    await this.#started;
    this.#connection = serveStdio(desk, parts, {
      bytes: maxInlineBytes,
      instead: (message, bytes) => insteadOf(message, bytes, results),
    });
    await this.#connection.ended;
  }

  /** Ends everything: the client's connection, jobs, servers and all that they started. */
  async stop(): Promise<void> {
    this.#watcher?.close();
    this.#announcements.close();
    await this.#connection?.close();
    await Promise.all([
      this.#jobs.settle(),
      this.#upstreams.close(),
      this.#usage?.close(),
      this.#semantics?.then((known) => known.close()),
    ]);
    await this.#remembered.close();
  }

  #exposes(server: string, kind: PrimitiveKind): boolean {
    const own = this.#config.servers.find(({ key }) => key === server);
    return this.#config.settings.expose[kind] && own?.expose[kind] === true;
  }

  #subscribe(uris: readonly string[]): void {
    const context = { caller: LOCAL, signal: new AbortController().signal };
    for (const uri of uris) {
      this.#primitives
        .handle('resources/subscribe', { uri }, context)
        .catch((error: unknown) => this.#log.debug('not subscribed', { uri, error: causeOf(error) }));
    }
  }

  async #reread(): Promise<void> {
    try {
      this.reload(await loadConfig(this.#config.path));
      this.#log.info('configuration taken over', { path: this.#config.path });
    } catch (error) {
      this.#rejected = causeOf(error);
      this.#log.error('configuration not taken over; the old one stays', { error: this.#rejected });
    }
  }

  #hint(): { hint?: string } {
    if (this.#rejected) return { hint: `The configuration was edited and not taken over: ${this.#rejected}` };
    const { found, path, servers, problems } = this.#config;
    if (!found) return { hint: noConfig(path) };
    const whole = problems.filter(({ severity, server }) => severity === 'error' && server === undefined);
    if (whole.length > 0) return { hint: whole.map(({ message }) => message).join('; ') };
    return servers.length === 0 ? { hint: `No server is configured in ${path}.` } : {};
  }
}

function usageMemory({ settings }: GatewayConfig, { cacheDirectory }: GatewayOptions): UsageMemory | undefined {
  if (!settings.search.usage) return undefined;
  return new UsageMemory(cacheDirectory === undefined ? {} : { path: join(cacheDirectory, 'usage.json') });
}

/** Loaded only where an endpoint is configured. */
function meaning({ settings }: GatewayConfig, directory: string, log: Logger): Promise<Semantics> | undefined {
  const { embeddings } = settings.search;
  return (
    embeddings && import('./semantics/semantics.ts').then((own) => new own.Semantics({ ...embeddings, directory, log }))
  );
}

function fusing(semantics: Promise<Semantics>, catalog: Catalog, { settings }: GatewayConfig): MeaningSearch {
  const weight = settings.search.embeddings?.weight ?? 0;
  return {
    fused: async (query, hits, visible, limit) => {
      const similar = await (await semantics).similar(query, visible, limit);
      if (!similar) return hits;
      const { fuse } = await import('./semantics/fuse.ts');
      return fuse(hits, similar, (id) => catalog.get(id), { weight, limit });
    },
  };
}

function noConfig(path: string): string {
  return `No configuration yet: write your servers to ${path}, for example {"name": {"command": ["npx", "-y", "some-mcp-server"]}}. It is picked up at once.`;
}

function jobLimits({ settings: { jobs } }: GatewayConfig) {
  const { concurrency, maxQueued, retentionHours, maxRecords, maxBytes } = jobs;
  return { concurrency, maxQueued, retentionMs: retentionHours * HOUR_MS, maxRecords, maxBytes };
}
