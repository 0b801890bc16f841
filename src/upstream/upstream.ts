import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { ServerConfig } from '../config/schema.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { causeOf, clip, GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { UpstreamState } from '../core/upstream-state.ts';
import { backoffMs } from './backoff.ts';
import { callFailure } from './call-failure.ts';
import { type ClientIdentity, type Connection, connect } from './connection.ts';
import { ATTEMPTS_UNTIL_OPEN, LIST_DEBOUNCE_MS, MAX_TIMER_MS, STABLE_MS } from './limits.ts';
import { redactor } from './redact.ts';

export interface UpstreamOptions {
  readonly log: Logger;
  /** Resolves when it is known who calls through us; the handshake waits for it. */
  readonly identity: () => Promise<ClientIdentity>;
  /** Called with the server's tools after each connect and each change. */
  readonly onTools: (tools: readonly ToolDefinition[]) => void;
}

/**
 * One configured server: a loop that connects, lists tools, waits for the end of the connection, backs off and begins
 * again, and a state that tells where the loop stands.
 */
export class Upstream {
  readonly config: ServerConfig;
  /** When this server was first started, in epoch ms. */
  readonly startedAt = Date.now();

  readonly #options: UpstreamOptions;
  readonly #redact: (text: string) => string;
  readonly #stop = new AbortController();
  readonly #queue: PQueue | undefined;
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
    if (config.maxConcurrency) this.#queue = new PQueue({ concurrency: config.maxConcurrency });
  }

  get state(): UpstreamState {
    return this.#state;
  }

  /** What the server said of itself when last connected. */
  get about(): Connection['about'] {
    return this.#about;
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

  /** Runs one call within its deadline, waiting for a connection that is on its way. Rejects with `GatewayError`. */
  async call(call: ToolCall, context: CallContext): Promise<ToolResult> {
    const timeoutMs = Math.min(call.timeoutMs, MAX_TIMER_MS);
    const deadline = new AbortController();
    const expire = () =>
      deadline.abort(new GatewayError('TIMEOUT', `no answer within ${timeoutMs} ms`, { details: { timeoutMs } }));
    const timer = setTimeout(expire, timeoutMs - (Date.now() - call.startedAt));
    const giveUp = () => deadline.abort(new GatewayError('CANCELLED', 'the caller cancelled the call'));
    context.signal.addEventListener('abort', giveUp, { once: true });
    if (context.signal.aborted) giveUp();
    try {
      const run = () => this.#forward(call, context, deadline.signal);
      return await (this.#queue ? this.#queue.add(run, { signal: deadline.signal }) : run());
    } catch (error) {
      throw callFailure(call.tool, deadline.signal.aborted ? deadline.signal.reason : error, this.#redact);
    } finally {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', giveUp);
    }
  }

  async #forward(call: ToolCall, context: CallContext, signal: AbortSignal): Promise<ToolResult> {
    if (!this.#connection) await this.#connected(signal);
    const connection = this.#connection;
    if (!connection) throw this.#unavailable();
    const { name } = call.tool.definition;
    const params = { name, arguments: call.args, ...(call.meta && { _meta: call.meta }) };
    const answer = await connection.forward('tools/call', params, { signal, onProgress: context.onProgress });
    if ('result' in answer) return answer.result;
    const { code, message, data } = answer.error;
    throw new GatewayError('UPSTREAM_ERROR', `the server answered with error ${code}: ${clip(message, 2_000)}`, {
      details: { code, message, ...(data !== undefined && { data }) },
    });
  }

  async #connected(signal: AbortSignal): Promise<void> {
    await this.settled(signal);
    signal.throwIfAborted();
  }

  #unavailable(): GatewayError {
    const state = this.#state;
    const why =
      state.status === 'waiting'
        ? `is not available: ${clip(state.error, 600)}; the next attempt is in ${secondsUntil(state.retryAt)} s`
        : `is not connected (${state.status})`;
    return new GatewayError('UPSTREAM_UNAVAILABLE', `server "${this.config.key}" ${why}`, {
      details: { state: state.status, ...(state.status === 'waiting' && { retryAt: state.retryAt }) },
    });
  }

  /** Whether waiting makes sense: on the way up, and not yet given up on by too many failures in a row. */
  #comingUp(): boolean {
    const { status } = this.#state;
    return (status === 'connecting' || status === 'waiting') && this.#state.attempt < ATTEMPTS_UNTIL_OPEN;
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
    const { log } = this.#options;
    const server = this.config.key;
    const connection = await connect(this.config, {
      identity: this.#options.identity,
      log,
      redact: this.#redact,
      signal: this.#stop.signal,
      onToolsChanged: () => this.#refreshSoon(),
    });
    const stop = () => void connection.close();
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    if (this.#stop.signal.aborted) stop();
    try {
      const lost = connection.closed.then((cause) => Promise.reject(new Error(cause)));
      lost.catch(() => {});
      await Promise.race([this.#refresh(connection), lost]);
      this.#about = connection.about;
      this.#connection = connection;
      this.#become({ status: 'ready', since: Date.now() });
      log.info('server ready', { server, attempt });
      return await connection.closed;
    } finally {
      this.#stop.signal.removeEventListener('abort', stop);
      this.#connection = undefined;
      await connection.close();
    }
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

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}
