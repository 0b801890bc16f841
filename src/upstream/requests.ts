import type PQueue from 'p-queue';
import type { ServerConfig } from '../config/schema.ts';
import { asAbortSignal } from '../core/abort.ts';
import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { Answer } from '../core/rpc.ts';
import { Deadline } from './deadline.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PassthroughHandlers } from './passthrough-transport.ts';
import type { PoolOwner } from './pool-owner.ts';
import { type ActiveRequest, askClient, clientToAsk, type OwnRoots } from './reverse-requests.ts';
import { type SendTarget, sendWithRetry, type UpstreamRequest } from './send-with-retry.ts';
import type { ServerObserver } from './server-observer.ts';

export interface RequestsOptions {
  /** Roots that the entry gives the server. Undefined: the server gets those of the client. */
  readonly roots: OwnRoots | undefined;
  /** Supplies connections. Its idle timer is started when no request is running any more. */
  readonly lifecycle: Pick<Lifecycle, 'connected' | 'health' | 'startIdleTimer'>;
  readonly owner: () => PoolOwner;
  readonly observer: ServerObserver;
}

/** The running requests to one server, and the handlers of the server's own messages. */
export class Requests {
  readonly #server: ServerConfig;
  readonly #options: RequestsOptions;
  /** The queue of requests. Absent: their number is not limited. */
  readonly #queue: Promise<PQueue> | undefined;
  readonly #active = new Set<ActiveRequest>();
  readonly #taskListeners = new Set<(task: JsonObject) => void>();
  readonly #target: SendTarget;
  /** Number of the server's questions that the client has not answered yet. */
  #questions = 0;

  constructor(server: ServerConfig, options: RequestsOptions) {
    this.#server = server;
    this.#options = options;
    const { lifecycle } = options;
    if (server.maxConcurrency) this.#queue = queueOf(server.maxConcurrency);
    this.#target = {
      lifecycle,
      isAlone: () => this.#active.size === 1,
      statusNotifications: (listener) => {
        this.#taskListeners.add(listener);
        return () => this.#taskListeners.delete(listener);
      },
    };
  }

  /** True while a request is running in either direction. */
  get isBusy(): boolean {
    return this.#active.size > 0 || this.#questions > 0;
  }

  /** Handlers of the server's own requests and notifications. */
  readonly handlers: PassthroughHandlers = {
    onRequest: async (...request) => {
      const { lifecycle, roots, owner, observer } = this.#options;
      const [method] = request;
      lifecycle.health.hear();
      if (roots && method === 'roots/list') return roots.answer();
      this.#questions++;
      try {
        const client = clientToAsk(this.#active, owner());
        if (client) observer.asked?.(this.#server, method, client === 'several' ? undefined : client);
        return await askClient(client, this.#active, request);
      } finally {
        this.#questions--;
        this.#startIdleTimer();
      }
    },
    onNotification: (method, params) => {
      const { lifecycle, observer } = this.#options;
      lifecycle.health.hear();
      if (method === 'notifications/tasks/status') for (const hear of [...this.#taskListeners]) hear(params);
      else {
        const active = [...this.#active].map(({ context }) => context);
        observer.notification?.(this.#server, method, params, active);
      }
    },
  };

  /** Sends a request within its deadline. Rejects with `GatewayError` or `ConnectionLost`. */
  async send(request: UpstreamRequest, given: CallContext): Promise<Answer> {
    const { roots } = this.#options;
    const context = roots && given.peer ? { ...given, peer: roots.before(given.peer) } : given;
    const deadline = new Deadline(request.startedAt, request.timeoutMs, context.signal);
    const active = { context, deadline };
    this.#active.add(active);
    try {
      const run = () => sendWithRetry(request, context, deadline, this.#target);
      if (!this.#queue) return await run();
      return await (await this.#queue).add(run, { signal: asAbortSignal(deadline.signal) });
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      this.#active.delete(active);
      deadline.end();
      this.#startIdleTimer();
    }
  }

  #startIdleTimer(): void {
    if (!this.isBusy) this.#options.lifecycle.startIdleTimer();
  }
}

/** Loads the queue module only for servers with a limit, because few have one. */
async function queueOf(concurrency: number): Promise<PQueue> {
  const { default: Queue } = await import('p-queue');
  return new Queue({ concurrency });
}
