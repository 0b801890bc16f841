import type { ServerConfig } from '../config/schema.ts';
import type { CallContext, CallTool } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { ServerCatalog } from '../core/server-catalog.ts';
import { FIRST_CONNECT_WAIT_MS } from '../core/server-state.ts';
import type { ToolDefinition } from '../core/tool.ts';
import { findingRemarks } from '../policy/trust/trust-messages.ts';
import type { CatalogCache } from './catalog-cache.ts';
import type { Connection } from './connection.ts';
import { NotificationRouter } from './notification-router.ts';
import type { PoolOwner } from './pool-owner.ts';
import { type Exposure, LISTS, type ListName, type PrimitiveSource } from './resources/lists.ts';
import { Primitives } from './resources/primitives.ts';
import type { ServerObserver } from './server-observer.ts';
import type { Upstream } from './upstream.ts';
import { Upstreams, type UpstreamsOptions } from './upstreams.ts';

/** Sends calls and other requests to servers, over whichever pool their connections belong to. */
export interface Router {
  readonly call: CallTool;
  readonly request: Upstreams['request'];
}

export interface ServerPoolParts extends Omit<UpstreamsOptions, 'onDemand'> {
  /** Keys of all servers of the configuration, also of those that do not run or are denied. */
  readonly keys: () => readonly string[];
  readonly exposes: Exposure;
  /** Sends requests for resources, prompts and completion. Absent: the connections of this pool. */
  readonly router?: () => Router;
  /** True if servers start only at their first use, whatever their entries say. Absent: false. */
  readonly onDemand?: boolean;
}

/** The servers of one owner: their connections, their resources and prompts, and their notifications. */
export class ServerPool {
  readonly upstreams: Upstreams;
  readonly primitives: Primitives;
  readonly announcements: NotificationRouter;

  constructor(parts: ServerPoolParts) {
    const { log, catalogCache, keys, exposes, router, waitsUntil, onDemand = false } = parts;
    this.announcements = new NotificationRouter(this, parts);
    this.upstreams = new Upstreams({ ...parts, onDemand, observer: new PoolObserver(this, parts) });
    this.primitives = new Primitives(
      upstreamPrimitives({
        ...{ upstreams: this.upstreams, catalogCache, keys, exposes, waitsUntil },
        router: router ?? (() => this.upstreams),
      }),
      exposes,
      (server, problem) => log.warning('list', { server, problem }),
    );
  }

  /** Ends every connection. Resolves when nothing of the servers runs any more. */
  async close(): Promise<void> {
    this.announcements.close();
    await this.upstreams.close();
  }
}

/** Passes the notifications of servers to the clients of a pool, and all other events to the pool's observer. */
class PoolObserver implements ServerObserver {
  readonly #pool: ServerPool;
  readonly #owner: () => PoolOwner;
  readonly #outer: ServerObserver;

  constructor(pool: ServerPool, { owner, observer }: Pick<ServerPoolParts, 'owner' | 'observer'>) {
    this.#pool = pool;
    this.#owner = owner;
    this.#outer = observer;
  }

  tools(server: ServerConfig, tools: readonly ToolDefinition[]): void {
    this.#outer.tools(server, tools);
  }

  read(server: ServerConfig, catalog: ServerCatalog, client: ClientIdentity): void {
    this.#outer.read?.(server, catalog, client);
  }

  ready({ key }: ServerConfig, connection: Connection): void {
    this.#pool.announcements.setUp(key, connection);
  }

  gone(server: ServerConfig): void {
    this.#outer.gone?.(server);
    this.#pool.primitives.invalidate(server.key);
  }

  notification(server: ServerConfig, method: string, params: JsonObject, active: readonly CallContext[]): void {
    this.#pool.announcements.route(server, method, params, active);
  }

  asked({ key }: ServerConfig, method: string, peer: Peer | undefined): void {
    this.#owner().onQuestion?.(key, method, peer);
  }

  /** True if clients have subscribed to resources of the server. */
  expects({ key }: ServerConfig): boolean {
    return this.#pool.primitives.subscriptionsOf(key).length > 0;
  }
}

/** Time limit in ms for a list, a read or a prompt: the default of SDK clients. */
const PRIMITIVE_TIMEOUT_MS = 60_000;
/** Least time in ms for the lists of a running server, however long the wait for other servers was. */
const LEAST_LIST_MS = 1_000;

interface UpstreamPrimitivesParts {
  readonly upstreams: Upstreams;
  readonly catalogCache: CatalogCache;
  /** Sends requests to servers. */
  readonly router: () => Pick<Upstreams, 'request'>;
  /** Keys of all configured servers. */
  readonly keys: () => readonly string[];
  readonly exposes: Exposure;
  /** End of the wait for lists, see `GatewayOptions.waitsUntil`. */
  readonly waitsUntil?: number | undefined;
}

/** Makes the source of primitives over the upstreams: running servers are asked, lists of the others are remembered. */
function upstreamPrimitives({
  upstreams,
  catalogCache,
  router,
  keys,
  exposes,
  waitsUntil,
}: UpstreamPrimitivesParts): PrimitiveSource {
  const isRemembered = ({ config }: Upstream, list: ListName) => catalogCache.recallList(config, list) !== undefined;
  /** True if the list is neither remembered nor available without connecting. */
  const hasToBeAsked = (upstream: Upstream, list: ListName) =>
    !upstream.connection && upstream.offers(LISTS[list].kind) && !isRemembered(upstream, list);
  return {
    keys,
    servers: (kind) =>
      upstreams
        .all()
        .filter((upstream) => upstream.offers(kind))
        .filter((upstream) => upstream.connection || kind === 'completions' || isRemembered(upstream, kind))
        .map(({ config }) => config.key),
    settled: async (list, caller) => {
      const exposed = upstreams.all().filter(({ config }) => exposes(caller, config.key, LISTS[list].kind));
      const asked = exposed.filter((upstream) => !upstream.isKnown || hasToBeAsked(upstream, list));
      for (const upstream of asked) upstream.wake();
      const keys = new Set(asked.map(({ config }) => config.key));
      await upstreams.firstConnects(FIRST_CONNECT_WAIT_MS, (server) => keys.has(server));
    },
    ...(waitsUntil !== undefined && { listMs: () => Math.max(LEAST_LIST_MS, waitsUntil - Date.now()) }),
    request: (server, method, params, context) => {
      const request = { method, params, startedAt: Date.now(), timeoutMs: PRIMITIVE_TIMEOUT_MS, repeatable: true };
      return router().request(server, request, context);
    },
    remarks: findingRemarks,
    memory: {
      recall: (server, list) => {
        const upstream = upstreams.get(server);
        return upstream && !upstream.connection ? catalogCache.recallList(upstream.config, list) : undefined;
      },
      learn: (server, list, items) => {
        const upstream = upstreams.get(server);
        if (upstream) catalogCache.learnList(upstream.config, list, items);
      },
    },
  };
}
