import { Abort, type Signal } from '../../core/abort.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ClientIdentity, Peer, PeerRequestOptions } from '../../core/peer.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isLogLevel,
  LOG_LEVEL_META_KEY,
} from '../../core/protocol.ts';
import { type Answer, METHOD_NOT_FOUND } from '../../core/rpc.ts';

/** Sends to one client: questions, which it answers, and notifications. */
export interface WayToClient {
  /** Never rejects. */
  request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer>;
  notify(method: string, params: JsonObject): void;
}

/** The answer to a question for which there is no way to the client. */
export const NOT_NOW: Answer = {
  error: { code: METHOD_NOT_FOUND, message: 'the client can be asked during a call only' },
};

/** What the gateway does about what a client says in passing. */
export interface SessionEvents {
  /** The client wants log messages from that level on, other than before. */
  readonly onLogLevel: (level: string) => Promise<void>;
  readonly onRootsChanged: () => void;
  /** A 2026-era client listens to changes, and to updates of these resources, until the signal aborts. */
  readonly onListen: (uris: readonly string[], signal: Signal) => void;
  /** It lasts for one request. */
  readonly isPassing?: boolean;
}

/** Requests of one session that listen at one time: what the SDK takes. */
const MAX_LISTENING = 1_024;

/**
 * One client connection: who it is, and the way back to it. A client of the 2025 eras can be asked at any time; one of
 * 2026-07-28 only in answer to a request of its own, which is what `MultiRoundRequest` is for.
 */
export class ClientSession implements Peer {
  readonly takesInputRequired = false;
  readonly isPassing: boolean;
  /** Resolves with the client's identity when its first message has told it. */
  readonly introduced: Promise<ClientIdentity>;
  identity: ClientIdentity = { capabilities: {} };
  logLevel?: string;
  /** Resolves when the servers have taken the last level over, or did not in time. */
  levelTaken: Promise<void> = Promise.resolve();

  readonly #events: SessionEvents;
  #introduce: (identity: ClientIdentity) => void = () => {};
  #way: WayToClient | undefined;
  /** The requests that listen (`subscriptions/listen`), by their ids. */
  readonly #listening = new Map<unknown, Abort>();

  constructor(events: SessionEvents) {
    this.#events = events;
    this.isPassing = events.isPassing ?? false;
    this.introduced = new Promise((resolve) => {
      this.#introduce = resolve;
    });
  }

  /** How messages get to this client, once it is known in which era it speaks. */
  reachedBy(way: WayToClient): void {
    this.#way = way;
  }

  /** Learns from a message, before it is handled, who the client is. */
  observe(message: unknown): void {
    if (!isJsonObject(message) || typeof message.method !== 'string') return;
    const params = isJsonObject(message.params) ? message.params : {};
    const meta = isJsonObject(params._meta) ? params._meta : {};
    this.#wantLogs(message.method === 'logging/setLevel' ? params.level : meta[LOG_LEVEL_META_KEY]);
    if (message.method === 'notifications/roots/list_changed') this.#events.onRootsChanged();
    if (message.method === 'subscriptions/listen') this.#listen(message.id, params);
    if (message.method === 'notifications/cancelled') this.#endListening(params.requestId);
    const identity = identityIn(message.method, params, meta);
    if (identity) this.identity = identity;
    // A client that asks for something without saying hello can be asked nothing.
    if (identity || (message.id !== undefined && message.method !== 'ping')) this.#introduce(this.identity);
  }

  #wantLogs(level: unknown): void {
    if (!isLogLevel(level) || level === this.logLevel) return;
    this.logLevel = level;
    this.levelTaken = this.#events.onLogLevel(level);
  }

  /** The client has gone: its requests that listen have ended, and what waits for its introduction goes on. */
  end(): void {
    this.#introduce(this.identity);
    for (const id of [...this.#listening.keys()]) this.#endListening(id);
  }

  #listen(id: unknown, params: JsonObject): void {
    // A request that comes again with its id takes the place of the first.
    this.#endListening(id);
    if (this.#listening.size >= MAX_LISTENING) return;
    const abort = new Abort();
    this.#listening.set(id, abort);
    this.#events.onListen(resourcesIn(params), abort);
  }

  #endListening(id: unknown): void {
    this.#listening.get(id)?.abort('the client does not listen any more');
    this.#listening.delete(id);
  }

  async request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer> {
    return this.#way ? this.#way.request(method, params, options) : NOT_NOW;
  }

  notify(method: string, params: JsonObject): void {
    this.#way?.notify(method, params);
  }
}

function identityIn(method: string, params: JsonObject, meta: JsonObject): ClientIdentity | undefined {
  if (method === 'initialize') return identityOf(params.clientInfo, params.capabilities);
  if (!(CLIENT_CAPABILITIES_META_KEY in meta)) return undefined;
  return identityOf(meta[CLIENT_INFO_META_KEY], meta[CLIENT_CAPABILITIES_META_KEY]);
}

function resourcesIn({ notifications }: JsonObject): string[] {
  const uris = isJsonObject(notifications) ? notifications.resourceSubscriptions : undefined;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : [];
}

/** Who a client says it is, whatever the shape of what it says. */
export function identityOf(info: unknown, capabilities: unknown): ClientIdentity {
  return { ...(isJsonObject(info) && { info }), capabilities: isJsonObject(capabilities) ? capabilities : {} };
}
