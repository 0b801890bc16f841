import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverViews } from '../../broker/server-views.ts';
import { type Caller, type CallPolicy, LOCAL, ownerOf } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { Places } from '../../core/fair-shares.ts';
import type { JsonObject } from '../../core/json.ts';
import { Metrics } from '../../observe/metrics.ts';
import { type CallObservation, observeCalls } from '../../observe/observe-calls.ts';
import { RequestLog } from '../../observe/request-log.ts';
import { writeForMany } from '../../platform/line-framing.ts';
import { VERSION } from '../../version.ts';
import { clientSession, type EdgeSession, openEdgeSession } from '../edge-session.ts';
import type { EdgeHooks, GatewayServices } from '../gateway-services.ts';
import { ClientSession } from '../protocol/client-session.ts';
import type { SessionServices } from '../protocol/session-services.ts';
import { MULTI_USER_RULES } from '../sharing/multi-user-rules.ts';
import { Sharing } from '../sharing/sharing.ts';
import { StatelessClients } from '../sharing/stateless-clients.ts';
import { letsSeveralIn, openBindProblem, openToUsers, otherPeople } from './access.ts';
import { createApp, publicUrlOf } from './app.ts';
import type { EdgeParts } from './edge-parts.ts';
import { FastPath } from './fast-path.ts';
import { startHealthRounds } from './health.ts';
import { type Listener, listen } from './listen.ts';
import { McpEndpoint } from './mcp/endpoint.ts';
import { RequestGuard, withinBounds } from './request-guard.ts';
import { Sessions } from './sessions.ts';
import { UnreadAnswers } from './unread-answers.ts';
import { type UpgradeParts, Upgrades } from './websocket.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const QUIET_POLL_MS = 20;

/** The HTTP edge of a gateway, composed: many clients at one address, each with sessions of its own. */
export class HttpEdge {
  readonly host: EdgeHooks;
  readonly #gateway: GatewayServices;
  readonly #parts: EdgeParts;
  readonly #sharing: Sharing;
  readonly #stateless: StatelessClients;
  readonly #sessions: Sessions;
  readonly #gate: RequestGuard;
  readonly #mcp: McpEndpoint;
  readonly #metrics: Metrics;
  readonly #unread = new UnreadAnswers();
  /** Calls on their way to servers. */
  readonly #calls = new Places(
    () => this.#settings.http.maxCalls,
    () => letsSeveralIn(this.#settings),
  );
  /** Requests of clients that are being answered. */
  readonly #requests = new Places(
    () => this.#settings.http.maxRequests,
    () => letsSeveralIn(this.#settings),
  );
  readonly #fetch: (request: Request) => Response | Promise<Response>;
  #endRounds: () => void = () => {};
  #listener: Listener | undefined;
  #isStopping = false;

  constructor(gateway: GatewayServices) {
    this.#gateway = gateway;
    const { log, config, backend, offered, remembered, verdicts, secrets, keys, exposes } = gateway;
    const settings = () => config().settings;
    const { monitor } = settings();
    gateway.receipt.serve();
    this.#sharing = new Sharing({
      ...{ log, remembered, verdicts, secrets, keys, exposes, offered, main: backend },
      servers: () => config().servers,
      rules: MULTI_USER_RULES,
      onTell: (method, params) => this.#tellModern(method, params),
    });
    this.#stateless = new StatelessClients();
    this.#sessions = new Sessions(() => {
      const { maxSessions, sessionIdleMinutes } = settings().http;
      return { maxSessions, idleMs: sessionIdleMinutes * MINUTE_MS };
    });
    this.#metrics = new Metrics(this.#gauges(), VERSION);
    const requests = new RequestLog({
      retentionMs: monitor.retentionHours * HOUR_MS,
      maxRecords: monitor.maxRecords,
      keepArguments: monitor.arguments,
    });
    const observed = observeCalls({
      ...(monitor.requestLog && { requests }),
      ...(monitor.prometheus && { metrics: this.#metrics }),
    });
    this.#gate = new RequestGuard({ settings, metrics: this.#metrics, log });
    this.#parts = this.#edgeParts(requests, observed);
    this.#mcp = new McpEndpoint(this.#parts, this.#sessions, this.#gate);
    const app = createApp({
      edge: this.#parts,
      gate: this.#gate,
      sessions: this.#sessions,
      mcp: this.#mcp,
      unread: this.#unread,
    });
    this.#fetch = (request) => app.fetch(request);
    this.host = this.#hostWith(observed);
  }

  /**
   * Listens at `host` and `port` of the settings. Resolves with the address. Rejects with `CONFIG_INVALID` where the settings
   * do not allow it, or the address cannot be listened at.
   */
  async listen(): Promise<string> {
    const problem = openBindProblem(this.#settings);
    if (problem) throw new GatewayError('CONFIG_INVALID', `${this.#gateway.config().path}: ${problem}`);
    writeForMany();
    const { host, port, http, monitor, auth } = this.#settings;
    const advice = openToUsers(this.#settings, auth === undefined ? otherPeople() : 0);
    if (advice) this.#gateway.log.warning(advice);
    const upgrades = new Upgrades(this.#upgradeParts(http.maxBodyBytes));
    const express = this.#expressLane();
    this.#listener = await listen({
      host,
      port,
      fetch: this.#fetch,
      take: (...exchange) => express.take(...exchange),
      onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        void upgrades.accept(request, socket, head),
    });
    const { upstreams } = this.#gateway.backend;
    this.#endRounds = startHealthRounds(monitor.healthSeconds, () =>
      upstreams.all().flatMap(({ connection }) => connection ?? []),
    );
    return this.#listener.url;
  }

  /** Answers a request as the socket would. */
  fetch(request: Request): Response | Promise<Response> {
    return this.#fetch(request);
  }

  /** Refuses what is new, waits for what runs (`http.stopSeconds` at most), then ends every session and connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#endRounds();
    await this.#quiet(Date.now() + this.#settings.http.stopSeconds * 1_000);
    this.#listener?.refuse();
    await Promise.all([this.#sessions.close(), this.#mcp.close()]);
    await Promise.all([this.#sharing.close(), this.#listener?.close()]);
    this.#metrics.close();
  }

  get #settings() {
    return this.#gateway.config().settings;
  }

  /** Resolves when no call runs any more and the last has been answered, or at that time (epoch ms). */
  async #quiet(until: number): Promise<void> {
    do await sleep(QUIET_POLL_MS);
    while (this.#calls.taken > 0 && Date.now() < until);
  }

  #edgeParts(requests: RequestLog, observed: CallObservation): EdgeParts {
    const { broker, backend, catalog, config, visible, log } = this.#gateway;
    const known = (caller: Caller) => ({
      toolsOf: (server: string) => catalog.toolsOf(server).filter((tool) => visible(caller, tool)),
    });
    return {
      broker,
      settings: () => config().settings,
      // Whether a tool is known does not depend on the caller by now; a count is all that it is for here.
      servers: () => serverViews(config(), backend.upstreams.all(), known(LOCAL)),
      tools: (caller) => backend.upstreams.all().flatMap(({ config: { key } }) => known(caller).toolsOf(key)),
      openSession: (caller) => this.#openSession(caller),
      stateless: (caller) => this.#statelessParts(caller),
      begin: (caller) => this.#begin(caller),
      requests,
      metrics: this.#metrics,
      refused: observed.refused,
      isStopping: () => this.#isStopping,
      log,
    };
  }

  #hostWith(observed: CallObservation): EdgeHooks {
    const sharing = this.#sharing;
    return {
      audience: sharing.audience,
      router: sharing,
      policy: (next) => observed.policy(this.#counting(next)),
      refused: observed.refused,
      isShared: () => letsSeveralIn(this.#settings),
      listChanged: (...change) => sharing.listChanged(...change),
      reloaded: () => {
        sharing.reconcile();
        this.#gate.reload();
        const cut = this.#sessions.cut((credential) => this.#gate.stands(credential));
        if (cut > 0)
          this.#gateway.log.info('sessions ended: their credentials do not count any more', { sessions: cut });
      },
    };
  }

  readonly #counting: CallPolicy = (next) => async (call, context) => {
    const { id } = context.caller;
    if (!this.#calls.hasRoomFor(id)) throw tooManyCalls(this.#settings.http.maxCalls);
    const done = this.#calls.take(id);
    try {
      return await next(call, context);
    } finally {
      done();
    }
  };

  #begin({ id }: Caller): () => void {
    if (!this.#requests.hasRoomFor(id)) throw tooManyRequests(this.#settings.http.maxRequests);
    return this.#requests.take(id);
  }

  #withinOf(caller: Caller): NonNullable<SessionServices['within']> {
    return (method, answer) => withinBounds(method, () => this.#begin(caller), answer);
  }

  #openSession(caller: Caller): EdgeSession {
    const within = this.#withinOf(caller);
    return openEdgeSession(caller, clientSession(this.#sharing), this.#sharing, this.#gateway, { within });
  }

  #statelessParts(caller: Caller): { parts: SessionServices; end: () => void } {
    const sharing = this.#sharing;
    const session: ClientSession = new ClientSession({
      onLogLevel: async () => {},
      onRootsChanged: () => {},
      onListen: (uris) => sharing.following.follow(session, uris),
      isPassing: true,
    });
    const parts = this.#gateway.partsFor(caller, session, (...request) =>
      sharing.following.primitive(session, ...request),
    );
    return {
      parts: { ...parts, ...this.#stateless.of(ownerOf(caller), parts), within: this.#withinOf(caller) },
      end: () => sharing.following.leave(session),
    };
  }

  #tellModern(method: string, params: JsonObject): void {
    if (typeof params.uri === 'string') this.#mcp.tell({ uri: params.uri });
    else if (method.includes('/resources/')) this.#mcp.tell({ list: 'resources' });
    else if (method.includes('/prompts/')) this.#mcp.tell({ list: 'prompts' });
  }

  #gauges() {
    const { jobs } = this.#gateway;
    return {
      queued: () => jobs.counts.queued,
      running: () => jobs.counts.running,
      servers: () => {
        const counts: Record<string, number> = {};
        for (const { status } of this.#parts.servers()) counts[status] = (counts[status] ?? 0) + 1;
        return counts;
      },
      sessions: () => this.#sessions.counts,
      tools: () =>
        // Whether a tool is known does not depend on the caller.
        this.#parts.tools(LOCAL).length,
    };
  }

  #expressLane(): FastPath {
    return new FastPath({
      gate: this.#gate,
      mcp: this.#mcp,
      unread: this.#unread,
      maxBodyBytes: () => this.#settings.http.maxBodyBytes,
      publicUrl: (request) => publicUrlOf(request, this.#settings.http.publicUrl),
      log: this.#gateway.log,
    });
  }

  #upgradeParts(maxFrameBytes: number): UpgradeParts {
    return {
      edge: this.#parts,
      sessions: this.#sessions,
      gate: this.#gate,
      maxFrameBytes,
      unread: this.#unread,
      publicUrl: (request) => publicUrlOf(request, this.#settings.http.publicUrl),
    };
  }
}

function tooManyCalls(maxCalls: number): GatewayError {
  const message = `too many calls of yours run already (limit: http.maxCalls, ${maxCalls} for all callers): try again when one has ended`;
  return new GatewayError('RATE_LIMITED', message, { details: { maxCalls } });
}

function tooManyRequests(maxRequests: number): GatewayError {
  const message = `too many requests of yours are being answered already (limit: http.maxRequests, ${maxRequests} for all callers): try again when one has been answered`;
  return new GatewayError('RATE_LIMITED', message, { details: { maxRequests } });
}
