import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { Broker } from '../../src/broker/broker.ts';
import { Jobs } from '../../src/broker/jobs/jobs.ts';
import { serverViews } from '../../src/broker/server-views.ts';
import { type GatewayConfig, loadConfig } from '../../src/config/load.ts';
import type { Caller, Visibility } from '../../src/core/call.ts';
import type { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { createApi } from '../../src/downstream/http/api/create-api.ts';
import type { EdgeEnv, EdgeParts } from '../../src/downstream/http/request/edge-parts.ts';
import { notFound, onError } from '../../src/downstream/http/request/problem.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { RequestLog, type RequestQuery, type RequestRecord } from '../../src/observe/request-log.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Catalog } from '../../src/search/catalog.ts';
import { serverMemory } from '../../src/upstream/catalog-cache.ts';
import { ProtocolEraCache } from '../../src/upstream/protocol-era-cache.ts';
import { Upstreams } from '../../src/upstream/upstreams.ts';
import { temporaryDirectory } from './fixture.ts';

export interface EdgeOptions {
  /** As in a configuration file. */
  readonly config?: object;
  readonly visible?: Visibility;
  /** What the request log holds. */
  readonly records?: readonly RequestRecord[];
  /** Silence on a stream after which a comment is sent, in ms. */
  readonly pingMs?: number;
}

/** Fields of a request in a test. */
export interface EdgeRequest {
  readonly method?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Who asks; absent: `tester`, without a role. */
  readonly caller?: string;
  readonly roles?: readonly string[];
}

/** The REST API over a real catalog, broker, jobs and servers, mounted as the gateway mounts it. */
export class Edge {
  readonly app: Hono<EdgeEnv>;
  readonly logged: JsonObject[] = [];
  /** Calls that were told to the request log as refused. */
  readonly refused: { caller: string; tool: string; code: string }[] = [];
  /** Queries that were put to the request log. */
  readonly queries: RequestQuery[] = [];
  readonly upstreams: Upstreams;
  readonly #catalog = new Catalog();
  readonly #config: GatewayConfig;
  readonly #options: EdgeOptions;

  constructor(config: GatewayConfig, options: EdgeOptions) {
    this.#config = config;
    this.#options = options;
    const log = createLogger((line) => this.logged.push(JSON.parse(line)));
    this.upstreams = new Upstreams({
      secrets: () => [],
      log,
      owner: () => ({ identified: Promise.resolve({ capabilities: {} }), isShared: true }),
      onDemand: false,
      protocolEras: new ProtocolEraCache(),
      catalogCache: serverMemory(undefined),
      observer: {
        tools: (server, tools) => this.#catalog.setServer(server, tools),
        gone: ({ key }) => this.#catalog.removeServer(key),
      },
    });
    const { concurrency, maxQueued, maxRecords, maxBytes } = config.settings.jobs;
    const jobs = new Jobs(() => ({ concurrency, maxQueued, maxRecords, maxBytes, retentionMs: 60_000 }));
    onTestFinished(async () => {
      await Promise.all([jobs.settle(), this.upstreams.close()]);
    });
    this.app = this.#mount(this.#parts(jobs, log));
  }

  /** Starts the servers and waits until each has listed its tools or failed. */
  async start(): Promise<this> {
    this.upstreams.reconcile(this.#config.servers);
    await this.upstreams.firstConnects(20_000, () => true);
    return this;
  }

  /** An answer of the API; paths are those under `/api/v1`. */
  async request(path: string, { json, caller = 'tester', roles = [], ...rest }: EdgeRequest = {}): Promise<Response> {
    const headers = { 'x-caller': caller, 'x-roles': roles.join(), ...rest.headers };
    if (json === undefined) return this.app.request(`/api/v1${path}`, { ...rest, headers });
    const body = JSON.stringify(json);
    const own = { method: 'POST', ...rest, body, headers: { 'content-type': 'application/json', ...headers } };
    return this.app.request(`/api/v1${path}`, own);
  }

  /** The JSON of an answer with that status. */
  async json<T extends JsonObject = JsonObject>(path: string, request?: EdgeRequest, status = 200): Promise<T> {
    const response = await this.request(path, request);
    const text = await response.text();
    if (response.status !== status) throw new Error(`${response.status} instead of ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Serves it on a socket; its address, with the mount path. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      const server = serve({ fetch: this.app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}/api/v1`),
      );
      onTestFinished(() => new Promise((closed) => server.close(() => closed())));
    });
  }

  #parts(jobs: Jobs, log: EdgeParts['log']): EdgeParts {
    const { visible = () => true, records = [] } = this.#options;
    const broker = new Broker({
      catalog: this.#catalog,
      upstreams: this.upstreams,
      jobs,
      call: (call, context) => this.upstreams.call(call, context),
      refused: (...refusal) => this.#refused(...refusal),
      visible,
      remarks: () => [],
      notices: () => ({ misconfigured: this.#config.misconfigured }),
    });
    const noSessions = () => {
      throw new Error('the API has no sessions');
    };
    return {
      broker,
      start: this.#config.settings,
      settings: () => this.#config.settings,
      servers: () => serverViews(this.#config, this.upstreams.all(), this.#catalog),
      allServers: () => serverViews(this.#config, this.upstreams.all(), this.#catalog),
      tools: (caller) =>
        this.upstreams
          .all()
          .flatMap(({ config }) => this.#catalog.toolsOf(config.key))
          .filter((entry) => visible(caller, entry)),
      openSession: noSessions,
      stateless: noSessions,
      begin: () => () => {},
      refused: (...refusal) => this.#refused(...refusal),
      isStopping: () => false,
      requests: this.#requests(records),
      metrics: this.#metrics(jobs),
      log,
    };
  }

  #refused({ id }: Caller, tool: string, { code }: GatewayError): void {
    this.refused.push({ caller: id, tool, code });
  }

  /** A request log that holds these records, and tells what it is asked. */
  #requests(records: readonly RequestRecord[]): RequestLog {
    const log = new RequestLog({ retentionMs: 60_000, maxRecords: 100, keepArguments: false });
    log.query = (query) => {
      this.queries.push(query);
      return { records: records.filter(({ caller }) => caller === (query.caller ?? caller)) };
    };
    return log;
  }

  #metrics(jobs: Jobs): Metrics {
    const metrics = new Metrics(
      {
        queued: () => jobs.counts.queued,
        running: () => jobs.counts.running,
        servers: () => ({}),
        sessions: () => ({}),
        tools: () => this.#catalog.size,
      },
      '0.0.0',
    );
    onTestFinished(() => metrics.close());
    return metrics;
  }

  #mount(parts: EdgeParts): Hono<EdgeEnv> {
    const app = new Hono<EdgeEnv>();
    app.onError(onError(parts.log));
    app.notFound(notFound);
    app.use(async ({ req, set }, next) => {
      const roles = (req.header('x-roles') ?? '').split(',').filter(Boolean);
      const caller: Caller = { id: req.header('x-caller') ?? 'tester', roles };
      set('caller', caller);
      set('requestId', 'request-1');
      await next();
    });
    return app.route('/api/v1', createApi(parts, { pingMs: this.#options.pingMs }));
  }
}

/** The API over the servers of a configuration, which end with the test. */
export async function startEdge(options: EdgeOptions = {}): Promise<Edge> {
  const path = join(temporaryDirectory(), 'config.json');
  writeFileSync(path, JSON.stringify(options.config ?? {}));
  return new Edge(await loadConfig(path), options).start();
}
