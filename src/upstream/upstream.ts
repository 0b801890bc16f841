import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConfig } from '../config/schema.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { causeOf, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { UpstreamState } from '../core/upstream-state.ts';
import type { Challenge } from '../login/login-needed.ts';
import { backoffMs } from './backoff.ts';
import { callFailure, upstreamError } from './call-failure.ts';
import { type Connection, connect } from './connection.ts';
import type { EraVerdicts } from './era-verdicts.ts';
import { ATTEMPT_NOT_WAITED_FOR, LIST_DEBOUNCE_MS, STABLE_MS } from './limits.ts';
import { redactor } from './redact.ts';
import { Requests } from './requests.ts';
import { MAX_LOGINS, ServerLogin } from './server-login.ts';
import { taskSupport } from './task-call.ts';
import { unavailable } from './unavailable.ts';
import { WatchedState } from './watched-state.ts';

export interface UpstreamOptions {
  readonly log: Logger;
  /** Resolves when it is known who calls through us; the handshake waits for it. */
  readonly identity: () => Promise<ClientIdentity>;
  /** The client session that this server belongs to, for what no call caused; absent: there is none. */
  readonly session: () => Peer | undefined;
  /** What stdio servers spoke when they were last asked. */
  readonly verdicts: EraVerdicts;
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
  readonly #state = new WatchedState({ status: 'connecting', attempt: 1 });
  readonly #login: ServerLogin;
  #connection: Connection | undefined;
  #about: Connection['about'] = {};
  #loop: Promise<void> = Promise.resolve();
  #relist: NodeJS.Timeout | undefined;

  constructor(config: ServerConfig, options: UpstreamOptions) {
    this.config = config;
    this.#options = options;
    const redact = redactor(config);
    this.#redact = (text) => this.#login.redact(redact(text));
    const whenLocked = (state: UpstreamState) => {
      if (this.state.status === 'needs_auth') this.#state.become(state);
    };
    this.#login = new ServerLogin(config, {
      onLogin: () => whenLocked({ status: 'connecting', attempt: 1 }),
      onUrl: (url) => whenLocked({ status: 'needs_auth', url }),
    });
    this.requests = new Requests({
      maxConcurrency: config.maxConcurrency,
      connected: (signal) => this.#connection ?? this.#connected(signal),
      session: options.session,
      onNotification: options.onNotification,
    });
  }

  get state(): UpstreamState {
    return this.#state.current;
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
    this.#login.close();
    await this.#loop;
  }

  /** Resolves when the state is neither the first `connecting` nor a retry that calls wait for; or when `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    await this.#state.whilst(comingUp, signal);
  }

  /** Calls a tool and resolves with its own result. Rejects with a `GatewayError` that names server, tool, cause and cure. */
  async call(call: ToolCall, context: CallContext): Promise<ToolResult> {
    try {
      return await this.#login.around(call, context, (each) => this.#send(each, context));
    } catch (error) {
      throw callFailure(call.tool, error, this.#redact);
    }
  }

  /** Has somebody log in, if that is what the server waits for. Rejects with a `GatewayError`. */
  async logIn(context: CallContext): Promise<void> {
    for (let logins = 0; this.state.status === 'needs_auth' && logins < MAX_LOGINS; logins++) {
      await this.#login.ask(this.#login.challenge, context);
      await this.settled(context.signal);
    }
  }

  async #send(call: ToolCall, context: CallContext): Promise<ToolResult> {
    const { tool, args, meta, continuation, startedAt, timeoutMs } = call;
    const params = { name: tool.definition.name, arguments: args, ...(meta && { _meta: meta }), ...continuation };
    const request = { method: 'tools/call', params, startedAt, timeoutMs, asTask: runsAsTask(call) };
    const answer = await this.requests.send(request, context);
    if ('result' in answer) return answer.result;
    throw upstreamError(answer.error);
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    await this.settled(signal);
    signal.throwIfAborted();
    if (this.#connection) return this.#connection;
    throw unavailable(this.config.key, this.state, this.#login.challenge);
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    const server = this.config.key;
    for (let attempt = 1; !this.#stop.signal.aborted; ) {
      this.#state.become({ status: 'connecting', attempt });
      const startedAt = Date.now();
      const logins = this.#login.count;
      const cause = await this.#live(attempt).catch((thrown: unknown) => thrown);
      if (this.#stop.signal.aborted) break;
      const challenge = this.#login.wantedBy(cause);
      if (challenge) {
        if (this.#login.count === logins) await this.#untilLogin(challenge);
        attempt = 1;
        continue;
      }
      const error = this.#redact(causeOf(cause));
      // Only a stable life starts the count anew; a server that starts and dies would become a spawn storm.
      const stable = Date.now() - startedAt >= STABLE_MS && this.state.status === 'ready';
      attempt = stable ? 1 : attempt + 1;
      const pauseMs = backoffMs(attempt);
      this.#state.become({ status: 'waiting', attempt, error, retryAt: Date.now() + pauseMs });
      log.warning('server unavailable', { server, error, attempt, retryInMs: pauseMs });
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
    this.#state.become({ status: 'closed' });
  }

  /** Stands still: to try again would be refused again. */
  async #untilLogin(challenge: Challenge): Promise<void> {
    this.#login.challenge = challenge;
    this.#state.become({ status: 'needs_auth' });
    this.#options.log.warning('server needs a login', { server: this.config.key });
    await this.#state.whilst(({ status }) => status === 'needs_auth', this.#stop.signal);
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
      this.#state.become({ status: 'ready', since: Date.now() });
      this.#options.log.info('server ready', { server: this.config.key, attempt });
      return await connection.closed;
    } finally {
      this.#stop.signal.removeEventListener('abort', stop);
      this.#connection = undefined;
      await connection.close();
    }
  }

  async #connect(): Promise<Connection> {
    const { log, identity, verdicts } = this.#options;
    const authorization = await this.#login.authorization();
    return connect(this.config, {
      identity,
      authorization,
      verdicts,
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

/** Whether waiting makes sense: on the way up, and not yet given up on by too many failures in a row. */
function comingUp(state: UpstreamState): boolean {
  const underway = state.status === 'connecting' || state.status === 'waiting';
  return underway && state.attempt < ATTEMPT_NOT_WAITED_FOR;
}
