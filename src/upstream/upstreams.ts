import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import type { Answer } from '../core/rpc.ts';
import type { UpstreamState } from '../core/server-state.ts';
import { endEarly } from './open-transport.ts';
import type { UpstreamRequest } from './send-with-retry.ts';
import { Upstream, type UpstreamOptions } from './upstream.ts';

export interface UpstreamsOptions extends UpstreamOptions {
  /** Epoch ms after which no caller waits for a server's first connect. Absent: each wait has its own limit. */
  readonly waitsUntil?: number | undefined;
}

/** The running set of servers, made equal to the desired set by `reconcile`. */
export class Upstreams {
  readonly #options: UpstreamsOptions;
  readonly #running = new Map<string, Upstream>();
  /** Servers being stopped; a stop of the whole gateway waits for them too. */
  readonly #closing = new Set<Promise<void>>();

  constructor(options: UpstreamsOptions) {
    this.#options = options;
  }

  /** Starts new servers, restarts changed ones and stops removed ones. An unchanged server and its calls go on. */
  reconcile(desired: readonly ServerConfig[]): void {
    const wanted = new Map(desired.map((config) => [config.key, config]));
    for (const [key, upstream] of this.#running) {
      const config = wanted.get(key);
      if (config && isDeepStrictEqual(config, upstream.config)) continue;
      this.#running.delete(key);
      if (!config) this.#options.observer.gone?.(upstream.config);
      this.#close(upstream);
    }
    for (const config of desired) if (!this.#running.has(config.key)) this.#start(config);
    this.#order(desired);
  }

  /**
   * Puts the servers into the order of the configuration: of two servers that use the same name, the first keeps it.
   */
  #order(desired: readonly ServerConfig[]): void {
    for (const { key } of desired) {
      const upstream = this.#running.get(key);
      this.#running.delete(key);
      if (upstream) this.#running.set(key, upstream);
    }
  }

  /** Calls a tool on its server. Rejects with `GatewayError`. */
  call(call: ToolCall, context: CallContext): Promise<ToolResult> {
    const upstream = this.#running.get(call.tool.server);
    if (upstream) return upstream.call(call, context);
    const message = `server "${call.tool.server}" is not configured any more`;
    return Promise.reject(new GatewayError('UPSTREAM_UNAVAILABLE', message));
  }

  /** Sends a request to a server. Rejects with `GatewayError` or `ConnectionLost`. */
  async request(server: string, request: UpstreamRequest, context: CallContext): Promise<Answer> {
    const upstream = this.#running.get(server);
    if (upstream) return upstream.requests.send(request, context);
    throw new GatewayError('UPSTREAM_UNAVAILABLE', `server "${server}" is not configured any more`);
  }

  get(server: string): Upstream | undefined {
    return this.#running.get(server);
  }

  all(): Upstream[] {
    return [...this.#running.values()];
  }

  state(server: string): UpstreamState {
    return this.#running.get(server)?.state ?? { status: 'closed' };
  }

  /**
   * Resolves when none of those servers is connecting any more; waits for each at most `ms` from the time it was
   * needed.
   */
  async firstConnects(ms: number, servers: (server: string) => boolean): Promise<void> {
    await Promise.all(this.#firstConnects(ms, servers));
  }

  /**
   * Waits until one of those servers has connected or failed, or its `ms` are over. Resolves with false if none is
   * connecting.
   */
  async nextFirstConnect(ms: number, servers: (server: string) => boolean): Promise<boolean> {
    const waits = this.#firstConnects(ms, servers);
    if (waits.length > 0) await Promise.race(waits);
    return waits.length > 0;
  }

  #firstConnects(ms: number, servers: (server: string) => boolean): Promise<void>[] {
    const { waitsUntil = Number.POSITIVE_INFINITY } = this.#options;
    return this.all().flatMap((upstream) => {
      const leftMs = Math.min(upstream.neededAt + ms, waitsUntil) - Date.now();
      const pending = upstream.state.status === 'connecting' && leftMs > 0 && servers(upstream.config.key);
      return pending ? [withTimeout(leftMs, (signal) => upstream.settled(signal))] : [];
    });
  }

  /** Stops every server. Resolves when nothing of them runs any more. */
  async close(): Promise<void> {
    this.reconcile([]);
    await Promise.all([...this.#closing, endEarly()]);
  }

  #start(config: ServerConfig): void {
    const upstream = new Upstream(config, this.#options);
    this.#running.set(config.key, upstream);
    upstream.start();
  }

  #close(upstream: Upstream): void {
    const closed = upstream.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
