import type { Readable, Writable } from 'node:stream';
import { Broker } from './broker.ts';
import { Catalog } from './catalog/catalog.ts';
import { type GatewayConfig, loadConfig } from './config/load.ts';
import { watchConfig } from './config/watch.ts';
import { type CallPolicy, LOCAL } from './core/call.ts';
import { causeOf, GatewayError } from './core/errors.ts';
import { createLogger, type Logger } from './core/log.ts';
import { Jobs } from './jobs/jobs.ts';
import { instructions } from './mcp/instructions.ts';
import { type StdioSession, serveStdio } from './mcp/serve-stdio.ts';
import { Upstreams } from './upstream/upstreams.ts';

export interface GatewayOptions {
  /** Receives what the gateway logs; nothing is written anywhere by default. */
  readonly log?: Logger;
}

const HOUR_MS = 3_600_000;

/** A configuration, running. The composition root: the one place where all parts know each other. */
export class Gateway {
  readonly #broker: Broker;
  readonly #log: Logger;
  readonly #catalog = new Catalog();
  readonly #jobs: Jobs;
  readonly #upstreams: Upstreams;
  #config: GatewayConfig;
  /** Why the file as it is now was not taken over. */
  #rejected: string | undefined;
  #session: StdioSession | undefined;
  #watcher: { close(): void } | undefined;

  constructor(config: GatewayConfig, options: GatewayOptions = {}) {
    this.#config = config;
    this.#log = options.log ?? createLogger(() => {});
    this.#jobs = new Jobs(jobLimits(config));
    this.#upstreams = new Upstreams({
      log: this.#log,
      identity: () => Promise.resolve({ capabilities: {} }),
      onTools: (server, tools) => {
        const { duplicates } = this.#catalog.setServer(server, tools);
        for (const tool of duplicates) this.#log.warning('duplicate tool', { server: server.key, tool });
      },
      onGone: (server) => this.#catalog.removeServer(server),
    });
    this.#broker = new Broker({
      catalog: this.#catalog,
      upstreams: this.#upstreams,
      jobs: this.#jobs,
      call: logDefects(this.#log)((call, context) => this.#upstreams.call(call, context)),
      visible: () => true,
      notices: () => ({ misconfigured: this.#config.misconfigured, ...this.#hint() }),
    });
  }

  /** Starts every server, all at once, and returns without waiting for any of them. */
  start(): void {
    this.reload(this.#config);
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
    this.#watcher ??= watchConfig(this.#config.path, () => void this.#reread());
  }

  /** Serves one client over a pair of streams. Resolves when the client has gone. */
  async serveStdio(input: Readable, output: Writable): Promise<void> {
    this.#session = serveStdio(input, output, () => ({
      broker: this.#broker,
      caller: LOCAL,
      instructions: instructions(this.#config.servers),
      log: this.#log,
    }));
    await this.#session.ended;
  }

  /** Ends everything: the client's connection, jobs, servers and all that they started. */
  async stop(): Promise<void> {
    this.#watcher?.close();
    await this.#session?.close();
    await Promise.all([this.#jobs.settle(), this.#upstreams.close()]);
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

/** Our own defects are told to the caller without their cause: the log has it, also for calls in the background. */
function logDefects(log: Logger): CallPolicy {
  return (next) => async (call, context) => {
    try {
      return await next(call, context);
    } catch (error) {
      const defect = !(error instanceof GatewayError) || error.code === 'INTERNAL';
      if (defect) log.error('call failed inside the gateway', { tool: call.tool.id, error: causeOf(error) });
      throw error;
    }
  };
}

function noConfig(path: string): string {
  return `No configuration yet: write your servers to ${path}, for example {"name": {"command": ["npx", "-y", "some-mcp-server"]}}. It is picked up at once.`;
}

function jobLimits({ settings: { jobs } }: GatewayConfig) {
  const { concurrency, maxQueued, retentionHours, maxRecords, maxBytes } = jobs;
  return { concurrency, maxQueued, retentionMs: retentionHours * HOUR_MS, maxRecords, maxBytes };
}
