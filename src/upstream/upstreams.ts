import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';
import type { RememberedCatalog, ServerCatalog } from '../core/server-catalog.ts';
import type { UpstreamState } from '../core/server-state.ts';
import type { ToolDefinition } from '../core/tool.ts';
import type { Logger } from '../platform/log.ts';
import type { Connection } from './connection.ts';
import { endEarly } from './open-transport.ts';
import type { ProtocolEraCache } from './protocol-era-cache.ts';
import type { UpstreamRequest } from './send-with-retry.ts';

import { Upstream } from './upstream.ts';

export interface UpstreamsOptions {
  readonly log: Logger;
  /** On whose behalf these servers are connected to; see `PoolOwner`. */
  readonly audience: () => {
    readonly introduced: Promise<ClientIdentity>;
    readonly peer?: Peer;
    readonly isShared: boolean;
    readonly onAsked?: (server: string, method: string, peer: Peer | undefined) => void;
  };
  /** What no server may tell, whoever it belongs to; the same array until it is another. */
  readonly secrets: () => readonly string[];
  /** Servers start at their first use only. */
  readonly onDemand: boolean;
  /** From then on nobody waits for a server's first connect; epoch ms. Absent: each wait has its own length. */
  readonly waitsUntil?: number | undefined;
  /** What stdio servers spoke when they were last asked. */
  readonly verdicts: ProtocolEraCache;
  /** What a server offered when it was last asked. */
  readonly recall: (config: ServerConfig) => RememberedCatalog | undefined;
  /** The tools of a server, as remembered or as listed; not called for tools that turn out to be the same. */
  readonly onTools: (config: ServerConfig, tools: readonly ToolDefinition[]) => void;
  /** What a server offers was read, on behalf of that client. */
  readonly onRead: (config: ServerConfig, catalog: ServerCatalog, client: ClientIdentity) => void;
  readonly onGone: (server: string) => void;
  /** A server is connected, anew or for the first time; no call went through yet. */
  readonly onReady: (server: string, connection: Connection) => void;
  /** A notification of a server that belongs to no call; `active` are the calls running on it meanwhile. */
  readonly onNotification: (server: string, method: string, params: JsonObject, active: readonly CallContext[]) => void;
  /** Whether somebody expects the server to speak up by itself. */
  readonly isExpected: (server: string) => boolean;
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

  /** Starts what is new, replaces what changed, stops what is gone; an unchanged server, and its calls, are not touched. */
  reconcile(desired: readonly ServerConfig[]): void {
    const wanted = new Map(desired.map((config) => [config.key, config]));
    for (const [key, upstream] of this.#running) {
      const config = wanted.get(key);
      if (config && isDeepStrictEqual(config, upstream.config)) continue;
      this.#running.delete(key);
      if (!config) this.#options.onGone(key);
      this.#close(upstream);
    }
    for (const config of desired) if (!this.#running.has(config.key)) this.#start(config);
    this.#order(desired);
  }

  /** In the order of the configuration, on which it depends who keeps a name that two servers use. */
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

  /** Waits until none of those servers is on its first way up any more, for each at most `ms` from its start. */
  async firstConnects(ms: number, servers: (server: string) => boolean): Promise<void> {
    await Promise.all(this.#firstConnects(ms, servers));
  }

  /** Waits until one of those servers is up for the first time, or its `ms` are over; false when none is on its way. */
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

  /** Stops every server. Resolves when nothing of them is left running. */
  async close(): Promise<void> {
    this.reconcile([]);
    await Promise.all([...this.#closing, endEarly()]);
  }

  #start(config: ServerConfig): void {
    const { log, secrets, audience, verdicts, recall, onDemand, onTools, onRead, onReady, onNotification, isExpected } =
      this.#options;
    const upstream = new Upstream(config, {
      log,
      secrets,
      identity: () => audience().introduced,
      audience,
      onAsked: (...question) => audience().onAsked?.(config.key, ...question),
      onDemand,
      verdicts,
      remembered: recall(config),
      isExpected: () => isExpected(config.key),
      onRead: (catalog, client) => onRead(config, catalog, client),
      onReady: (connection) => onReady(config.key, connection),
      onNotification: (method, params, active) => onNotification(config.key, method, params, active),
      onTools: (tools) => {
        if (this.#running.get(config.key) === upstream) onTools(config, tools);
      },
    });
    this.#running.set(config.key, upstream);
    upstream.start();
  }

  #close(upstream: Upstream): void {
    const closed = upstream.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
