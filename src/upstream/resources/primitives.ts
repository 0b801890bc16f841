import type { CallContext } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import { findingRemarks } from '../../policy/trust/trust-messages.ts';
import type { CatalogCache } from '../catalog-cache.ts';
import type { Upstream } from '../upstream.ts';
import type { Upstreams } from '../upstreams.ts';
import { LISTS, type ListName, type PrimitiveKind, type PrimitiveSource } from './lists.ts';
import type { PrimitiveAnswers } from './primitive-answers.ts';

/**
 * Resources, prompts and completion of all servers, as if they were one server's. The implementation is loaded at the
 * first request of a client: before it no list is known and no subscription exists.
 */
export class Primitives {
  readonly #load: () => Promise<PrimitiveAnswers>;
  #loading: Promise<PrimitiveAnswers> | undefined;
  #answers: PrimitiveAnswers | undefined;

  /**
   * `report` is called once per reading of a list, with the defects of the list or the cause that it could not be read.
   */
  constructor(
    source: PrimitiveSource,
    exposes: (server: string, kind: PrimitiveKind) => boolean,
    report: (server: string, problem: string) => void = () => {},
  ) {
    this.#load = async () => {
      const { PrimitiveAnswers } = await import('./primitive-answers.ts');
      this.#answers = new PrimitiveAnswers(source, exposes, report);
      return this.#answers;
    };
  }

  /** Answers the methods of resources, prompts and completion. Rejects only if the caller cancels. */
  async handle(method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    this.#loading ??= this.#load();
    return (await this.#loading).handle(method, params, context);
  }

  /**
   * Drops the remembered lists of a server. Called when its list of `kind` has changed, and without `kind` when it has
   * connected or gone.
   */
  invalidate(server: string, kind?: PrimitiveKind): void {
    this.#answers?.invalidate(server, kind);
  }

  /** Params of a server's `notifications/resources/updated`, with the URI that clients use. */
  updated(server: string, params: JsonObject): JsonObject {
    return this.#answers?.updated(server, params) ?? params;
  }

  /** URIs to subscribe to again after this server has reconnected, as the server writes them. */
  subscriptionsOf(server: string): readonly string[] {
    return this.#answers?.subscriptionsOf(server) ?? [];
  }

  /** Key of the server on which a client has subscribed to this URI. */
  followedOn(uri: unknown): string | undefined {
    return this.#answers?.followedOn(uri);
  }
}

/** Time for a list, a read or a prompt, in ms: the default of SDK clients. */
const PRIMITIVE_TIMEOUT_MS = 60_000;
const FIRST_CONNECT_WAIT_MS = 3_000;
/** Least time in ms for the lists of a running server, however long the wait for other servers was. */
const LEAST_LIST_MS = 1_000;

interface UpstreamPrimitivesParts {
  readonly upstreams: Upstreams;
  readonly remembered: CatalogCache;
  /** Sends requests to servers. */
  readonly router: () => Pick<Upstreams, 'request'>;
  /** Keys of all configured servers. */
  readonly keys: () => readonly string[];
  /** True if the primitives of this kind of a server are exposed to clients. */
  readonly exposes: (server: string, kind: PrimitiveKind) => boolean;
  /** End of the wait for lists, see `GatewayOptions.waitsUntil`. */
  readonly waitsUntil?: number | undefined;
}

/** The source of primitives over the upstreams: running servers are asked, lists of the others are remembered. */
export function upstreamPrimitives({
  upstreams,
  remembered,
  router,
  keys,
  exposes,
  waitsUntil,
}: UpstreamPrimitivesParts): PrimitiveSource {
  const isRemembered = ({ config }: Upstream, list: ListName) => remembered.recallList(config, list) !== undefined;
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
    settled: async (list) => {
      const exposed = upstreams.all().filter(({ config }) => exposes(config.key, LISTS[list].kind));
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
        return upstream && !upstream.connection ? remembered.recallList(upstream.config, list) : undefined;
      },
      learn: (server, list, items) => {
        const upstream = upstreams.get(server);
        if (upstream) remembered.learnList(upstream.config, list, items);
      },
    },
  };
}
