import PQueue from 'p-queue';
import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { Peer } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';
import type { Connection } from './connection.ts';
import { Deadline } from './deadline.ts';
import { answerInputs } from './input-required.ts';
import { type ActiveRequest, putToClient } from './reverse-requests.ts';
import { callAsTask, type TaskWire } from './task-call.ts';
import { withStatus } from './task-progress.ts';
import type { ForwardOptions, WireHandlers } from './wire.ts';

/** A request to a server, and how long it may take. */
export interface UpstreamRequest {
  readonly method: string;
  readonly params: JsonObject;
  /** Epoch ms; the deadline is `timeoutMs` after it. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** Run `tools/call` as a task of the server, where it can. */
  readonly asTask?: boolean;
}

export interface RequestsOptions {
  /** Requests on their way at one time; absent: no limit. */
  readonly maxConcurrency?: number;
  /** The connection, once there is one; rejects when there will be none soon, or with the signal's reason. */
  readonly connected: (signal: AbortSignal) => Connection | Promise<Connection>;
  /** The client session of this server, for what no request caused; absent: there is none. */
  readonly session: () => Peer | undefined;
  /** A notification that belongs to no request; `active` are those running meanwhile. */
  readonly onNotification: (method: string, params: JsonObject, active: readonly CallContext[]) => void;
}

/** A server may drop a task at the end of its ttl: it lives this much longer than its call may take, in ms. */
const TASK_MARGIN_MS = 60_000;

/** The requests that are on their way to one server, and what comes back from it besides their answers. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #queue: PQueue | undefined;
  readonly #active = new Set<ActiveRequest>();
  readonly #taskListeners = new Set<(task: JsonObject) => void>();

  constructor(options: RequestsOptions) {
    this.#options = options;
    if (options.maxConcurrency) this.#queue = new PQueue({ concurrency: options.maxConcurrency });
  }

  /** What the server sends of its own accord. */
  readonly handlers: WireHandlers = {
    onRequest: (...request) => putToClient(this.#active, this.#options.session(), request),
    onNotification: (method, params) => {
      if (method === 'notifications/tasks/status') for (const hear of [...this.#taskListeners]) hear(params);
      else
        this.#options.onNotification(
          method,
          params,
          [...this.#active].map(({ context }) => context),
        );
    },
  };

  /** Sends a request within its deadline. Rejects with `GatewayError` or `ConnectionLost`. */
  async send(request: UpstreamRequest, context: CallContext): Promise<Answer> {
    const deadline = new Deadline(request.startedAt, request.timeoutMs, context.signal);
    const active = { context, deadline };
    this.#active.add(active);
    try {
      const run = () => this.#forward(request, context, deadline);
      return await (this.#queue ? this.#queue.add(run, { signal: deadline.signal }) : run());
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      this.#active.delete(active);
      deadline.end();
    }
  }

  async #forward(request: UpstreamRequest, { onProgress, peer }: CallContext, deadline: Deadline): Promise<Answer> {
    const { signal } = deadline;
    const connection = await this.#options.connected(signal);
    const options: ForwardOptions = {
      signal,
      ...(onProgress && {
        onProgress: (progress) => {
          deadline.extend();
          onProgress(progress);
        },
      }),
      ...(connection.modern && { envelope: connection.envelopeOf(peer) }),
    };
    if (request.asTask && connection.takesTasks) return this.#task(connection, request, options);
    const send = (more: JsonObject) => connection.forward(request.method, { ...request.params, ...more }, options);
    const first = await send({});
    // Only a 2026-era server asks for input in its result; a field of that name in an older one's is just a field.
    return connection.modern ? answerInputs(send, first, peer, signal) : first;
  }

  #task(connection: Connection, { params, timeoutMs }: UpstreamRequest, options: ForwardOptions): Promise<Answer> {
    const { signal, onProgress } = options;
    const wire: TaskWire = { request: (method, own, how) => connection.forward(method, own, how) };
    return callAsTask(wire, params, {
      signal,
      ...(onProgress && withStatus(onProgress)),
      ttlMs: timeoutMs + TASK_MARGIN_MS,
      statusNotifications: (listener) => {
        this.#taskListeners.add(listener);
        return () => this.#taskListeners.delete(listener);
      },
    });
  }
}
