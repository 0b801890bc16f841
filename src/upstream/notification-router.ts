import type { ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import type { CallContext, Caller } from '../core/call.ts';
import { causeOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { originOf, type Peer } from '../core/peer.ts';
import { SUBSCRIPTION_ID_META_KEY } from '../core/protocol.ts';
import type { Logger } from '../platform/log.ts';
import type { Connection } from './connection.ts';
import type { PoolOwner } from './pool-owner.ts';
import type { Exposure, PrimitiveKind } from './resources/lists.ts';
import type { Primitives } from './resources/primitives.ts';
import type { ServerObserver } from './server-observer.ts';
import type { Upstreams } from './upstreams.ts';

/** The servers of a pool. */
interface Pool {
  readonly upstreams: Upstreams;
  readonly primitives: Primitives;
}

export interface NotificationRouterParts {
  readonly owner: () => PoolOwner;
  readonly exposes: Exposure;
  readonly observer: ServerObserver;
  readonly log: Logger;
}

/** Time for a `logging/setLevel` or a renewed subscription, in ms. */
const SETTING_TIMEOUT_MS = 5_000;
/**
 * Time in ms after the last change of a list before clients are notified: ten servers that start at once cause one
 * notification.
 */
const CHANGED_QUIET_MS = 100;

const LISTS: Readonly<Record<string, PrimitiveKind>> = {
  'notifications/resources/list_changed': 'resources',
  'notifications/prompts/list_changed': 'prompts',
};

/** Changed lists of one kind of which clients have not been notified yet. */
interface ChangedLists {
  readonly servers: Set<string>;
  timer?: NodeJS.Timeout;
}

/** Forwards the notifications that servers and the client send each other outside of calls. */
export class NotificationRouter {
  readonly #pool: Pool;
  readonly #parts: NotificationRouterParts;
  readonly #changed = new Map<PrimitiveKind, ChangedLists>();

  /** The members of `pool` are read at the first notification, not before. */
  constructor(pool: Pool, parts: NotificationRouterParts) {
    this.#pool = pool;
    this.#parts = parts;
  }

  /**
   * Passes on a server's notification that belongs to no call: to the clients that are calling the server now, else to
   * the owner's client.
   */
  route(server: ServerConfig, method: string, params: JsonObject, active: readonly CallContext[]): void {
    const { key } = server;
    const list = Object.hasOwn(LISTS, method) ? LISTS[method] : undefined;
    if (list) {
      this.listChanged(key, list);
      this.#parts.observer.listChanged?.(server, list);
    } else if (method === 'notifications/resources/updated') {
      const paramsFor = this.#pool.primitives.updated(key, withoutSubscription(params));
      this.#tellExposed(method, [key], 'resources', paramsFor);
    } else if (!method.startsWith('notifications/subscriptions/')) this.#tellCallers(method, params, active);
  }

  #tellCallers(method: string, params: JsonObject, active: readonly CallContext[]): void {
    const callers = new Set(active.flatMap(({ peer }) => peer ?? []));
    const { peer: own, isShared, broadcasts } = this.#parts.owner();
    // A notification that arrives while several clients call the server may be meant for any one of them, and the
    // others must not see it.
    const isForSeveral = new Set(active.map(({ peer }) => peer && originOf(peer))).size > 1;
    if (isShared && isForSeveral && !broadcasts?.(method)) return;
    if (callers.size === 0 && own) callers.add(own);
    for (const peer of callers) peer.notify(method, params);
  }

  /** Gives a newly connected server the log level and the subscriptions, and reports its lists as changed. */
  setUp(server: string, connection: Connection): void {
    this.#pool.primitives.invalidate(server);
    for (const list of ['resources', 'prompts'] as const) if (connection.offers(list)) this.#tellChanged(server, list);
    const level = this.#peer?.logLevel;
    if (level) void this.#setLevel(server, connection, level);
    this.#resubscribe(server, connection).catch((error: unknown) => this.#logFailure(server, error));
  }

  /** Sets the log level of all connected servers, as the client asked. */
  async logLevel(level: string): Promise<void> {
    const connected = this.#pool.upstreams.all();
    await Promise.all(
      connected.map(({ config, connection }) => connection && this.#setLevel(config.key, connection, level)),
    );
  }

  /** Notifies all connected servers of the 2025 eras that the client's roots have changed. */
  rootsChanged(): void {
    for (const { connection } of this.#pool.upstreams.all()) {
      if (connection && !connection.modern) connection.notify('notifications/roots/list_changed', {});
    }
  }

  /** Clears the timers. */
  close(): void {
    for (const { timer } of this.#changed.values()) clearTimeout(timer);
  }

  /** Drops the stored list of a server, so that it is read anew, and notifies the clients. */
  listChanged(server: string, list: PrimitiveKind): void {
    this.#pool.primitives.invalidate(server, list);
    this.#tellChanged(server, list);
  }

  #tellChanged(server: string, list: PrimitiveKind): void {
    const changed: ChangedLists = this.#changed.get(list) ?? { servers: new Set() };
    this.#changed.set(list, changed);
    changed.servers.add(server);
    clearTimeout(changed.timer);
    changed.timer = setTimeout(() => {
      this.#changed.delete(list);
      this.#tellExposed(`notifications/${list}/list_changed`, [...changed.servers], list, () => ({}));
    }, CHANGED_QUIET_MS);
  }

  /** Notifies the callers to which a list of that kind of any of these servers is exposed. */
  #tellExposed(
    method: string,
    servers: readonly string[],
    kind: PrimitiveKind,
    paramsFor: (caller: Caller) => JsonObject,
  ): void {
    const { owner, exposes } = this.#parts;
    const isExposed = (caller: Caller) => servers.some((server) => exposes(caller, server, kind));
    owner().tell?.(method, (caller) => (isExposed(caller) ? paramsFor(caller) : undefined));
  }

  async #setLevel(server: string, connection: Connection, level: string): Promise<void> {
    // A 2026-era server gets the level with each request.
    if (connection.modern || !connection.offers('logging')) return;
    const set = (signal: AbortSignal) => connection.forward('logging/setLevel', { level }, { signal });
    await withTimeout(SETTING_TIMEOUT_MS, set).catch((error: unknown) => this.#logFailure(server, error));
  }

  async #resubscribe(server: string, connection: Connection): Promise<void> {
    const uris = this.#pool.primitives.subscriptionsOf(server);
    if (connection.modern) return connection.listen(uris);
    for (const uri of uris) {
      await withTimeout(SETTING_TIMEOUT_MS, (signal) => connection.forward('resources/subscribe', { uri }, { signal }));
    }
  }

  get #peer(): Peer | undefined {
    return this.#parts.owner().peer;
  }

  #logFailure(server: string, error: unknown): void {
    this.#parts.log.debug('setting not taken over', { server, error: causeOf(error) });
  }
}

function withoutSubscription(params: JsonObject): JsonObject {
  const { _meta, ...rest } = params;
  // A 2026-era server adds the id of our subscription to a notification; the client's subscriptions have other ids.
  const { [SUBSCRIPTION_ID_META_KEY]: _, ...meta } = (_meta ?? {}) as JsonObject;
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}
