import { findingRemarks } from '../policy/trust/trust-messages.ts';
import type { CatalogCache } from './catalog-cache.ts';
import { type Exposure, LISTS, type ListName, type PrimitiveSource } from './resources/lists.ts';
import type { Upstream } from './upstream.ts';
import type { Upstreams } from './upstreams.ts';

/** Time for a list, a read or a prompt, in ms: the default of SDK clients. */
const PRIMITIVE_TIMEOUT_MS = 60_000;
const FIRST_CONNECT_WAIT_MS = 3_000;
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

/** The source of primitives over the upstreams: running servers are asked, lists of the others are remembered. */
export function upstreamPrimitives({
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
