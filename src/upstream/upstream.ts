import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { causeOf, clip, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { UpstreamState } from '../core/upstream-state.ts';
import { backoffMs } from './backoff.ts';
import { callFailure, upstreamError } from './call-failure.ts';
import { type Connection, connect } from './connection.ts';
import { ATTEMPT_NOT_WAITED_FOR, LIST_DEBOUNCE_MS, STABLE_MS } from './limits.ts';
import { redactor } from './redact.ts';
import { Requests } from './requests.ts';
import { taskSupport } from './task-call.ts';

export interface UpstreamOptions {
  readonly log: Logger;
  /** Resolves when it is known who calls through us; the handshake waits for it. */
  readonly identity: () => Promise<ClientIdentity>;
  /** The client session that this server belongs to, for what no call caused; absent: there is none. */
  readonly session: () => Peer | undefined;
  /** Called with the server's tools after each connect and each change. */
  readonly onTools: (tools: readonly ToolDefinition[]) => void;
  /** Called when a connection is up, before any call goes through it. */
  readonly onReady: (connection: Connection) => void;
  /** Called for each notification that does not belong to a call; `active` are the calls running meanwhile. */
  readonly onNotification: (method: string, params: JsonObject, active: readonly CallContext[]) => void;
}

/**
 * One configured server: a loop that connects, lists tools, waits for the end of the connection, backs off and begins
 * again; a state that tells where the loop stands; and the requests that go through its connection.
 */
export class Upstream {
  readonly config: ServerConfig;
  /** When this server was first started, in epoch ms. */
  readonly startedAt = Date.now();
  /** What is on its way to the server. */
  readonly requests: Requests;

  readonly #options: UpstreamOptions;
  readonly #redact: (text: string) => string;
  readonly #stop = new AbortController();
  #state: UpstreamState = { status: 'connecting', attempt: 1 };
  #connection: Connection | undefined;
  #about: Connection['about'] = {};
  #loop: Promise<void> = Promise.resolve();
  #waiting = new Set<() => void>();
  #relist: NodeJS.Timeout | undefined;

  constructor(config: ServerConfig, options: UpstreamOptions) {
    this.config = config;
    this.#options = options;
    this.#redact = redactor(config);
    this.requests = new Requests({
      maxConcurrency: config.maxConcurrency,
      connected: (signal) => this.#connection ?? this.#connected(signal),
      session: options.session,
      onNotification: options.onNotification,
    });
  }

  get state(): UpstreamState {
    return this.#state;
  }

  /** What the server said of itself when last connected. */
  get about(): Connection['about'] {
    return this.#about;
  }

  /** The connection while there is one. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Ends the connection and the loop. Resolves when nothing of the server is left running. */
  async close(): Promise<void> {
    this.#stop.abort(new GatewayError('CANCELLED', `server "${this.config.key}" was stopped`));
    clearTimeout(this.#relist);
    await this.#loop;
  }

  /** Resolves when the state is neither the first `connecting` nor a retry that calls wait for; or when `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    while (this.#comingUp() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiting.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }

  /** Calls a tool and resolves with its own result. Rejects with a `GatewayError` that names server, tool, cause and cure. */
  async call(call: ToolCall, context: CallContext): Promise<ToolResult> {
    const { tool, args, meta, continuation, startedAt, timeoutMs } = call;
    const params = { name: tool.definition.name, arguments: args, ...(meta && { _meta: meta }), ...continuation };
    const request = { method: 'tools/call', params, startedAt, timeoutMs, asTask: runsAsTask(call) };
    try {
      const answer = await this.requests.send(request, context);
      if ('result' in answer) return answer.result;
      throw upstreamError(answer.error);
    } catch (error) {
      throw callFailure(tool, error, this.#redact);
    }
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    await this.settled(signal);
    signal.throwIfAborted();
    if (this.#connection) return this.#connection;
    throw this.#unavailable();
  }

  #unavailable(): GatewayError {
    const state = this.#state;
    const why =
      state.status === 'waiting'
        ? `is not available: ${clip(state.error, 600)}; the next attempt is in ${secondsUntil(state.retryAt)} s`
        : `is not connected (${state.status})`;
    return new GatewayError('UPSTREAM_UNAVAILABLE', `server "${this.config.key}" ${why}`, {
      details: { state: state.status, sent: false, ...(state.status === 'waiting' && { retryAt: state.retryAt }) },
    });
  }

  /** Whether waiting makes sense: on the way up, and not yet given up on by too many failures in a row. */
  #comingUp(): boolean {
    const { status } = this.#state;
    return (status === 'connecting' || status === 'waiting') && this.#state.attempt < ATTEMPT_NOT_WAITED_FOR;
  }

  #become(state: UpstreamState): void {
    this.#state = state;
    for (const resume of [...this.#waiting]) resume();
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    const server = this.config.key;
    for (let attempt = 1; !this.#stop.signal.aborted; ) {
      this.#become({ status: 'connecting', attempt });
      const startedAt = Date.now();
      const error = this.#redact(await this.#live(attempt).catch(causeOf));
      if (this.#stop.signal.aborted) break;
      // Only a stable life starts the count anew; a server that starts and dies would become a spawn storm.
      const stable = Date.now() - startedAt >= STABLE_MS && this.#state.status === 'ready';
      attempt = stable ? 1 : attempt + 1;
      const pauseMs = backoffMs(attempt);
      this.#become({ status: 'waiting', attempt, error, retryAt: Date.now() + pauseMs });
      log.warning('server unavailable', { server, error, attempt, retryInMs: pauseMs });
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
    this.#become({ status: 'closed' });
  }

  /** One life: connect, list, serve until the connection ends. Resolves or rejects with the cause of its end. */
  async #live(attempt: number): Promise<string> {
    const connection = await this.#connect();
    const stop = () => void connection.close();
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    if (this.#stop.signal.aborted) stop();
    try {
      const lost = connection.closed.then((cause) => Promise.reject(new Error(cause)));
      lost.catch(() => {});
      await Promise.race([this.#refresh(connection), lost]);
      this.#about = connection.about;
      this.#connection = connection;
      this.#options.onReady(connection);
      this.#become({ status: 'ready', since: Date.now() });
      this.#options.log.info('server ready', { server: this.config.key, attempt });
      return await connection.closed;
    } finally {
      this.#stop.signal.removeEventListener('abort', stop);
      this.#connection = undefined;
      await connection.close();
    }
  }

  #connect(): Promise<Connection> {
    const { log, identity } = this.#options;
    return connect(this.config, {
      identity,
      log,
      redact: this.#redact,
      signal: this.#stop.signal,
      handlers: {
        ...this.requests.handlers,
        onNotification: (method, params) => {
          if (method === 'notifications/tools/list_changed') this.#refreshSoon();
          else this.requests.handlers.onNotification(method, params);
        },
      },
    });
  }

  async #refresh(connection: Connection): Promise<void> {
    const { tools, problems } = await connection.listTools();
    for (const problem of problems) this.#options.log.warning('tools/list', { server: this.config.key, problem });
    if (!this.#stop.signal.aborted) this.#options.onTools(tools);
  }

  #refreshSoon(): void {
    clearTimeout(this.#relist);
    this.#relist = setTimeout(() => {
      const connection = this.#connection;
      if (!connection) return;
      this.#refresh(connection).catch((error: unknown) => {
        this.#options.log.warning('tools/list', { server: this.config.key, problem: causeOf(error) });
      });
    }, LIST_DEBOUNCE_MS);
  }
}

function runsAsTask({ tool, background }: ToolCall): boolean {
  const support = taskSupport(tool.definition);
  return support === 'required' || (support === 'optional' && background === true);
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}
