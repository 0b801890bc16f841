import type { CallContext, Caller } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import { findingRemarks } from '../../policy/trust/trust-messages.ts';
import type { CatalogCache } from '../catalog-cache.ts';
import type { Upstream } from '../upstream.ts';
import type { Upstreams } from '../upstreams.ts';
import { type Exposure, LISTS, type ListName, type PrimitiveKind, type PrimitiveSource } from './lists.ts';
import type { PrimitiveAnswers } from './primitive-answers.ts';

/**
 * Resources, prompts and completion of all servers as if they were one server's. What answers is loaded when a client asks
 * for the first time: until then no list is known and nobody is subscribed.
 */
export class Primitives {
  readonly #load: () => Promise<PrimitiveAnswers>;
  #loading: Promise<PrimitiveAnswers> | undefined;
  #answers: PrimitiveAnswers | undefined;

  /** `report` is told, once per reading, what a server's list lacks or why it could not be read. */
  constructor(
    source: PrimitiveSource,
    exposes: Exposure,
    report: (server: string, problem: string) => void = () => {},
  ) {
    this.#load = async () => {
      const { PrimitiveAnswers } = await import('./primitive-answers.ts');
      this.#answers = new PrimitiveAnswers(source, exposes, report);
      return this.#answers;
    };
  }

  /** Answers the methods of resources, prompts and completion. Rejects only when the caller has given up. */
  async handle(method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    this.#loading ??= this.#load();
    return (await this.#loading).handle(method, params, context);
  }

  /** The server said that its list changed, or (without a kind) it connected or went: what is known of it is read anew. */
  invalidate(server: string, kind?: PrimitiveKind): void {
    this.#answers?.invalidate(server, kind);
  }

  /** Params of a server's `notifications/resources/updated`, with the URI that the caller in question uses. */
  updated(server: string, params: JsonObject): (caller: Caller) => JsonObject {
    return this.#answers?.updated(server, params) ?? (() => params);
  }

  /** URIs to subscribe to again after that server reconnected, in its own words. */
  subscriptionsOf(server: string): readonly string[] {
    return this.#answers?.subscriptionsOf(server) ?? [];
  }

  /** The server at which clients are subscribed to the resource of that URI. */
  subscribedAt(uri: unknown): string | undefined {
    return this.#answers?.subscribedAt(uri);
  }
}

/** Time for a list, a read or a prompt, in ms: what SDK clients allow. */
const PRIMITIVE_TIMEOUT_MS = 60_000;
const FIRST_CONNECT_WAIT_MS = 3_000;
/** What a server that is up has for its lists at least, in ms, however long others were waited for. */
const LEAST_LIST_MS = 1_000;

interface UpstreamPrimitivesParts {
  readonly upstreams: Upstreams;
  readonly remembered: CatalogCache;
  /** The way of requests to servers. */
  readonly router: () => Pick<Upstreams, 'request'>;
  /** Keys of all servers of the configuration. */
  readonly keys: () => readonly string[];
  readonly exposes: Exposure;
  /** Until when lists are waited for, as `GatewayOptions.waitsUntil`. */
  readonly waitsUntil?: number | undefined;
}

/** Resources, prompts and completion as the servers have them: those that run, and what is remembered of the others. */
export function upstreamPrimitives({
  upstreams,
  remembered,
  router,
  keys,
  exposes,
  waitsUntil,
}: UpstreamPrimitivesParts): PrimitiveSource {
  const isRemembered = ({ config }: Upstream, list: ListName) => remembered.recallList(config, list) !== undefined;
  /** Whether only the server itself can say what it lists. */
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
        return upstream && !upstream.connection ? remembered.recallList(upstream.config, list) : undefined;
      },
      learn: (server, list, items) => {
        const upstream = upstreams.get(server);
        if (upstream) remembered.learnList(upstream.config, list, items);
      },
    },
  };
}
