import type PQueue from 'p-queue';
import { asAbortSignal } from '../core/abort.ts';
import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { Peer } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';
import type { ConnectionHealth } from './connection-health.ts';
import { Deadline } from './deadline.ts';
import type { PassthroughHandlers } from './passthrough-transport.ts';
import { type ActiveRequest, type OwnRoots, putToClient } from './reverse-requests.ts';
import { deliver, type SendTarget, type UpstreamRequest } from './send-with-retry.ts';

export interface RequestsOptions {
  /** Requests on their way at one time; absent: no limit. */
  readonly maxConcurrency?: number;
  /** Roots that the entry gives the server; absent: those of the client. */
  readonly roots?: OwnRoots | undefined;
  readonly connected: SendTarget['connected'];
  readonly health: ConnectionHealth;
  /** Who hears what no request caused, and whether several clients send theirs through this connection. */
  readonly audience: () => { readonly peer?: Peer; readonly isShared: boolean };
  /** A question of the server, and whom it is put to; nobody where that cannot be told. */
  readonly onAsked: (method: string, peer: Peer | undefined) => void;
  /** A notification that belongs to no request; `active` are those running meanwhile. */
  readonly onNotification: (method: string, params: JsonObject, active: readonly CallContext[]) => void;
  /** Nothing is on its way any more. */
  readonly onQuiet: () => void;
}

/** The requests that are on their way to one server, and what comes back from it besides their answers. */
export class Requests {
  readonly #options: RequestsOptions;
  /** Where requests wait for their turn; absent: there is no limit. */
  readonly #queue: Promise<PQueue> | undefined;
  readonly #active = new Set<ActiveRequest>();
  readonly #taskListeners = new Set<(task: JsonObject) => void>();
  readonly #route: SendTarget;
  /** Questions of the server that the client has not answered yet. */
  #questions = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
    if (options.maxConcurrency) this.#queue = queueOf(options.maxConcurrency);
    this.#route = {
      connected: options.connected,
      health: options.health,
      isAlone: () => this.#active.size === 1,
      statusNotifications: (listener) => {
        this.#taskListeners.add(listener);
        return () => this.#taskListeners.delete(listener);
      },
    };
  }

  /** Whether anything is on its way, in either direction. */
  get isBusy(): boolean {
    return this.#active.size > 0 || this.#questions > 0;
  }

  /** What the server sends of its own accord. */
  readonly handlers: PassthroughHandlers = {
    onRequest: async (...request) => {
      this.#options.health.hear();
      const { roots } = this.#options;
      if (roots && request[0] === 'roots/list') return roots.answer();
      this.#questions++;
      try {
        return await putToClient(
          this.#active,
          { ...this.#options.audience(), onAsked: this.#options.onAsked },
          request,
        );
      } finally {
        this.#questions--;
        this.#perhapsQuiet();
      }
    },
    onNotification: (method, params) => {
      this.#options.health.hear();
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
  async send(request: UpstreamRequest, given: CallContext): Promise<Answer> {
    const { roots } = this.#options;
    const context = roots && given.peer ? { ...given, peer: roots.before(given.peer) } : given;
    const deadline = new Deadline(request.startedAt, request.timeoutMs, context.signal);
    const active = { context, deadline };
    this.#active.add(active);
    try {
      const run = () => deliver(request, context, deadline, this.#route);
      if (!this.#queue) return await run();
      return await (await this.#queue).add(run, { signal: asAbortSignal(deadline.signal) });
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      this.#active.delete(active);
      deadline.end();
      this.#perhapsQuiet();
    }
  }

  #perhapsQuiet(): void {
    if (!this.isBusy) this.#options.onQuiet();
  }
}

/** Loaded for servers with a limit only: few have one. */
async function queueOf(concurrency: number): Promise<PQueue> {
  const { default: Queue } = await import('p-queue');
  return new Queue({ concurrency });
}
