import { withTimeout } from '../core/abort.ts';
import type { CallContext, Caller } from '../core/call.ts';
import { causeOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { originOf, type Peer } from '../core/peer.ts';
import { SUBSCRIPTION_ID_META_KEY } from '../core/protocol.ts';
import type { Logger } from '../platform/log.ts';
import type { Connection } from './connection.ts';
import type { Exposure, PrimitiveKind } from './resources/lists.ts';
import type { Primitives } from './resources/primitives.ts';
import type { PoolOwner } from './server-pool.ts';
import type { Upstreams } from './upstreams.ts';

export interface AnnouncementParts {
  readonly upstreams: () => Upstreams;
  readonly primitives: () => Primitives;
  readonly audience: () => Pick<PoolOwner, 'peer' | 'tell' | 'isShared' | 'broadcasts'>;
  readonly exposes: Exposure;
  readonly onListChanged?: (server: string, list: PrimitiveKind) => void;
  readonly log: Logger;
}

/** Time for a `logging/setLevel` or a renewed subscription, in ms. */
const SETTING_TIMEOUT_MS = 5_000;
/** Quiet time before the client hears of changed lists, in ms: ten servers coming up at once are one change. */
const CHANGED_QUIET_MS = 100;

const LISTS: Readonly<Record<string, PrimitiveKind>> = {
  'notifications/resources/list_changed': 'resources',
  'notifications/prompts/list_changed': 'prompts',
};

/** Lists of one kind that have changed and that clients have not been told of. */
interface ChangedLists {
  readonly servers: Set<string>;
  timer?: NodeJS.Timeout;
}

/** What servers and the client tell each other outside of calls, in both directions. */
export class NotificationRouter {
  readonly #parts: AnnouncementParts;
  readonly #changed = new Map<PrimitiveKind, ChangedLists>();

  constructor(parts: AnnouncementParts) {
    this.#parts = parts;
  }

  /** Passes a server's notification that belongs to no call: to the clients that call it now, else to the owner's. */
  fromServer(server: string, method: string, params: JsonObject, active: readonly CallContext[]): void {
    const { primitives } = this.#parts;
    const list = Object.hasOwn(LISTS, method) ? LISTS[method] : undefined;
    if (list) {
      this.listChanged(server, list);
      this.#parts.onListChanged?.(server, list);
    } else if (method === 'notifications/resources/updated') {
      const paramsFor = primitives().updated(server, withoutSubscription(params));
      this.#tellExposed(method, [server], 'resources', paramsFor);
    } else if (!method.startsWith('notifications/subscriptions/')) this.#tellCallers(method, params, active);
  }

  #tellCallers(method: string, params: JsonObject, active: readonly CallContext[]): void {
    const callers = new Set(active.flatMap(({ peer }) => peer ?? []));
    const { peer: own, isShared, broadcasts } = this.#parts.audience();
    // What a server says while several clients call it may be meant for any of them, and is none of the others' business.
    const isForSeveral = new Set(active.map(({ peer }) => peer && originOf(peer))).size > 1;
    if (isShared && isForSeveral && !broadcasts?.(method)) return;
    if (callers.size === 0 && own) callers.add(own);
    for (const peer of callers) peer.notify(method, params);
  }

  /** A server is connected, anew or for the first time: it hears what the others have heard. */
  serverReady(server: string, connection: Connection): void {
    this.#parts.primitives().invalidate(server);
    for (const list of ['resources', 'prompts'] as const) if (connection.offers(list)) this.#tellChanged(server, list);
    const level = this.#peer?.logLevel;
    if (level) void this.#setLevel(server, connection, level);
    this.#renew(server, connection).catch((error: unknown) => this.#note(server, error));
  }

  /** The client wants log messages from that level on. */
  async logLevel(level: string): Promise<void> {
    const connected = this.#parts.upstreams().all();
    await Promise.all(
      connected.map(({ config, connection }) => connection && this.#setLevel(config.key, connection, level)),
    );
  }

  /** The client's roots have changed. */
  rootsChanged(): void {
    for (const { connection } of this.#parts.upstreams().all()) {
      if (connection && !connection.modern) connection.notify('notifications/roots/list_changed', {});
    }
  }

  /** No timer is left behind. */
  close(): void {
    for (const { timer } of this.#changed.values()) clearTimeout(timer);
  }

  /** A list of that server is read anew, and the client told. */
  listChanged(server: string, list: PrimitiveKind): void {
    this.#parts.primitives().invalidate(server, list);
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

  /** Tells the callers that may know of what any of these servers has of that kind. */
  #tellExposed(
    method: string,
    servers: readonly string[],
    kind: PrimitiveKind,
    paramsFor: (caller: Caller) => JsonObject,
  ): void {
    const { audience, exposes } = this.#parts;
    const isExposed = (caller: Caller) => servers.some((server) => exposes(caller, server, kind));
    audience().tell?.(method, (caller) => (isExposed(caller) ? paramsFor(caller) : undefined));
  }

  async #setLevel(server: string, connection: Connection, level: string): Promise<void> {
    // A 2026-era server is told the level with each request.
    if (connection.modern || !connection.offers('logging')) return;
    const set = (signal: AbortSignal) => connection.forward('logging/setLevel', { level }, { signal });
    await withTimeout(SETTING_TIMEOUT_MS, set).catch((error: unknown) => this.#note(server, error));
  }

  async #renew(server: string, connection: Connection): Promise<void> {
    const uris = this.#parts.primitives().subscriptionsOf(server);
    if (connection.modern) return connection.listen(uris);
    for (const uri of uris) {
      await withTimeout(SETTING_TIMEOUT_MS, (signal) => connection.forward('resources/subscribe', { uri }, { signal }));
    }
  }

  get #peer(): Peer | undefined {
    return this.#parts.audience().peer;
  }

  #note(server: string, error: unknown): void {
    this.#parts.log.debug('setting not taken over', { server, error: causeOf(error) });
  }
}

function withoutSubscription(params: JsonObject): JsonObject {
  const { _meta, ...rest } = params;
  // A 2026-era server stamps its own subscription on a notification; those of the client have other ids.
  const { [SUBSCRIPTION_ID_META_KEY]: _, ...meta } = (_meta ?? {}) as JsonObject;
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}
