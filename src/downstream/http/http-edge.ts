import { setTimeout as sleep } from 'node:timers/promises';
import { serverViews } from '../../broker/server-views.ts';
import type { LiveConfig } from '../../config/load.ts';
import type { StartSettings } from '../../config/settings.ts';
import type { Caller } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { type Gauges, Metrics } from '../../observe/metrics.ts';
import { type CallObservation, observeCalls } from '../../observe/observe-calls.ts';
import { RequestLog } from '../../observe/request-log.ts';
import { writeForMany } from '../../platform/line-framing.ts';
import { VERSION } from '../../version.ts';
import type { EdgeHooks, EdgeServices, GatewayServices } from '../gateway-services.ts';
import { Sharing } from '../sharing/sharing.ts';
import { MULTI_USER_RULES } from '../sharing/sharing-rules.ts';
import { startHealthRounds } from './api/health.ts';
import { createApp } from './app.ts';
import { EdgeClients } from './edge-clients.ts';
import { FastPath } from './fast-path.ts';
import { type Listener, type ListenOptions, listen } from './listen.ts';
import { McpEndpoint } from './mcp/endpoint.ts';
import { LegacySse } from './mcp/legacy-sse.ts';
import { Sessions } from './mcp/sessions.ts';
import { WebSockets } from './mcp/websocket.ts';
import { letsSeveralIn, openBindProblem, openToUsers, otherPeople } from './request/access.ts';
import { CallLimits } from './request/call-limits.ts';
import type { EdgeParts } from './request/edge-parts.ts';
import { RequestGuard } from './request/request-guard.ts';
import { RequestSteps } from './request/request-steps.ts';
import { UnreadAnswers } from './request/unread-answers.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const QUIET_POLL_MS = 20;

/** Address that an edge listens at. */
type Address = Pick<StartSettings, 'host' | 'port'>;

/** The HTTP edge of a gateway, composed: many clients at one address, each with sessions of its own. */
export class HttpEdge {
  readonly #gateway: EdgeServices;
  #address: Address;
  readonly #edge: EdgeParts;
  readonly #sharing: Sharing;
  readonly #clients: EdgeClients;
  readonly #sessions: Sessions;
  readonly #guard: RequestGuard;
  readonly #steps: RequestSteps;
  readonly #mcp: McpEndpoint;
  readonly #monitor: EdgeMonitor;
  readonly #limits: CallLimits;
  readonly #fetch: (request: Request, env?: object) => Response | Promise<Response>;
  #endRounds: () => void = () => {};
  #listener: Listener | undefined;
  /** Host that is bound, or about to be; absent: requests come by `fetch` alone. */
  #boundHost: string | undefined;
  #isStopping = false;

  constructor(gateway: GatewayServices) {
    const { log, config, start, pool, ownPoolObserver, catalogCache, protocolEras, secrets, keys, exposes } = gateway;
    const settings = () => config().settings;
    this.#address = start;
    gateway.stats.serve();
    this.#sharing = new Sharing({
      ...{ log, catalogCache, protocolEras, secrets, keys, exposes, ownPoolObserver, main: pool },
      servers: () => config().servers,
      rules: MULTI_USER_RULES,
    });
    this.#limits = new CallLimits(settings);
    this.#sessions = new Sessions(() => {
      const { maxSessions, sessionIdleMinutes } = settings().http;
      return { maxSessions, idleMs: sessionIdleMinutes * MINUTE_MS };
    });
    this.#monitor = createMonitor(start, this.#gauges(gateway));
    this.#gateway = gateway.attach(this.#hooks(this.#monitor.observed));
    this.#clients = new EdgeClients(this.#gateway, this.#sharing, this.#limits);
    this.#guard = new RequestGuard({ settings, host: () => this.#address.host, metrics: this.#monitor.metrics, log });
    this.#edge = this.#edgeParts();
    this.#steps = new RequestSteps({
      ...{ settings, guard: this.#guard, unread: new UnreadAnswers() },
      isStopping: () => this.#isStopping,
    });
    this.#mcp = new McpEndpoint(this.#edge, this.#sessions, this.#guard);
    const legacySse = new LegacySse(this.#edge, this.#sessions, this.#guard);
    const app = createApp({ edge: this.#edge, steps: this.#steps, mcp: this.#mcp, legacySse });
    this.#fetch = (request, env) => app.fetch(request, env);
  }

  /**
   * Listens at that host and port. Resolves with the address as URL. Rejects with `CONFIG_INVALID` where the settings do not
   * allow it, or the address cannot be listened at.
   */
  async listen({ host, port }: Address): Promise<string> {
    const config = this.#gateway.config();
    checkBind(host, config);
    this.#address = { host, port };
    this.#boundHost = host;
    writeForMany();
    const advice = openToUsers(config.settings, config.settings.auth === undefined ? otherPeople() : 0);
    if (advice) this.#gateway.log.warning(advice);
    try {
      this.#listener = await listen({ host, port, fetch: this.#fetch, ...this.#directAnswers() });
    } catch (error) {
      this.#boundHost = undefined;
      throw error;
    }
    const { upstreams } = this.#gateway.pool;
    this.#endRounds = startHealthRounds(this.#gateway.start.monitor.healthSeconds, () =>
      upstreams.all().flatMap(({ connection }) => connection ?? []),
    );
    return this.#listener.url;
  }

  /** Answers a request of this process as over a socket. */
  fetch(request: Request): Response | Promise<Response> {
    return this.#fetch(request);
  }

  /** Refuses new requests, waits for running calls (at most `http.stopSeconds`), then ends every session and connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#endRounds();
    await this.#quiet(Date.now() + this.#settings.http.stopSeconds * 1_000);
    this.#listener?.refuse();
    await Promise.all([this.#sessions.close(), this.#mcp.close()]);
    await Promise.all([this.#sharing.close(), this.#listener?.close()]);
    this.#monitor.metrics.close();
  }

  get #settings() {
    return this.#gateway.config().settings;
  }

  /** Resolves when no call runs any more and the last one has been answered, at the latest at `until` (epoch ms). */
  async #quiet(until: number): Promise<void> {
    do await sleep(QUIET_POLL_MS);
    while (this.#limits.runningCalls > 0 && Date.now() < until);
  }

  /** Handlers that answer on the socket, past the app: the fast path, malformed requests, and WebSocket upgrades. */
  #directAnswers(): Pick<ListenOptions, 'take' | 'refuse' | 'onUpgrade'> {
    const services = { edge: this.#edge, sessions: this.#sessions, guard: this.#guard, steps: this.#steps };
    const webSockets = new WebSockets(services);
    const { settings, log } = this.#edge;
    const fastPath = new FastPath({ steps: this.#steps, mcp: this.#mcp, settings, log });
    return {
      take: (...exchange) => fastPath.take(...exchange),
      refuse: (...exchange) => fastPath.refuse(...exchange),
      onUpgrade: (...upgrade) => void webSockets.accept(...upgrade),
    };
  }

  #edgeParts(): EdgeParts {
    const { broker, pool, catalog, start, config, visible, log } = this.#gateway;
    const known = (caller: Caller) => ({
      toolsOf: (server: string) => catalog.toolsOf(server).filter((tool) => visible(caller, tool)),
    });
    const { requests, metrics, observed } = this.#monitor;
    return {
      broker,
      start,
      settings: () => config().settings,
      servers: (caller) => serverViews(config(), pool.upstreams.all(), known(caller)),
      allServers: () => serverViews(config(), pool.upstreams.all(), catalog),
      tools: (caller) => pool.upstreams.all().flatMap(({ config: { key } }) => known(caller).toolsOf(key)),
      openSession: (caller) => this.#clients.openSession(caller),
      stateless: (caller) => this.#clients.openRequest(caller),
      begin: (caller) => this.#limits.begin(caller),
      requests,
      metrics,
      refused: observed.refused,
      isStopping: () => this.#isStopping,
      log,
    };
  }

  #hooks(observed: CallObservation): EdgeHooks {
    const sharing = this.#sharing;
    return {
      owner: sharing.owner,
      router: sharing,
      observe: observed.policy,
      limit: this.#limits.policy,
      refused: observed.refused,
      isShared: () => letsSeveralIn(this.#settings),
      listChanged: (...change) => sharing.listChanged(...change),
      checkConfig: (config) => {
        if (this.#boundHost !== undefined) checkBind(this.#boundHost, config);
      },
      reloaded: () => {
        sharing.reconcile();
        this.#guard.reload();
        const cut = this.#sessions.cut((credential) => this.#guard.stands(credential));
        if (cut > 0)
          this.#gateway.log.info('sessions ended: their credentials do not count any more', { sessions: cut });
      },
    };
  }

  #gauges({ jobs, catalog }: GatewayServices): Gauges {
    return {
      queued: () => jobs.counts.queued,
      running: () => jobs.counts.running,
      servers: () => {
        const counts: Record<string, number> = {};
        for (const { status } of this.#edge.allServers()) counts[status] = (counts[status] ?? 0) + 1;
        return counts;
      },
      sessions: () => this.#sessions.counts,
      tools: () => catalog.size,
    };
  }
}

/** Throws `CONFIG_INVALID` where a configuration does not say who may call, and others can reach that host. */
function checkBind(host: string, { path, settings: { auth } }: LiveConfig): void {
  const problem = openBindProblem({ host, auth });
  if (problem) throw new GatewayError('CONFIG_INVALID', `${path}: ${problem}`);
}

/** The request log and the metrics of the edge. */
interface EdgeMonitor {
  readonly requests: RequestLog;
  readonly metrics: Metrics;
  /** Writes calls into the request log and the metrics, if they are switched on. */
  readonly observed: CallObservation;
}

/** Reads its settings once, at the start of the edge. */
function createMonitor({ monitor }: Pick<StartSettings, 'monitor'>, gauges: Gauges): EdgeMonitor {
  const metrics = new Metrics(gauges, VERSION);
  const requests = new RequestLog({
    retentionMs: monitor.retentionHours * HOUR_MS,
    maxRecords: monitor.maxRecords,
    keepArguments: monitor.arguments,
  });
  const observed = observeCalls({ ...(monitor.requestLog && { requests }), ...(monitor.prometheus && { metrics }) });
  return { requests, metrics, observed };
}
