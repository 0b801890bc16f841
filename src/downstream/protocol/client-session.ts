import { Abort, type Signal } from '../../core/abort.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ClientIdentity, Peer, PeerRequestOptions } from '../../core/peer.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isLogLevel,
  LOG_LEVEL_META_KEY,
  type ProtocolLogLevel,
} from '../../core/protocol.ts';
import { type Answer, METHOD_NOT_FOUND } from '../../core/rpc.ts';
import type { ClientMessage } from './json-rpc.ts';

/** Sends requests and notifications to one client. */
export interface ClientSender {
  /** Resolves with the client's answer or with an error; never rejects. */
  request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer>;
  notify(method: string, params: JsonObject): void;
}

/** Answer in place of the client's while the client cannot be asked. */
export const NOT_NOW: Answer = {
  error: { code: METHOD_NOT_FOUND, message: 'the client can be asked during a call only' },
};

/** Called by `ClientSession.learn` for messages that concern more than their own answer. */
export interface SessionEvents {
  /**
   * The client has set another least severe log level. Resolves when the servers have it, or did not take it in time.
   */
  readonly onLogLevel: (level: string) => Promise<void>;
  readonly onRootsChanged: () => void;
  /**
   * A client of 2026-07-28 subscribes to changed lists and to updates of the resources `uris`, until the signal aborts.
   */
  readonly onListen: (uris: readonly string[], signal: Signal) => void;
  /** True for a stateless client (2026-07-28), whose session serves one request; absent: false. */
  readonly isPassing?: boolean;
}

/** Open `subscriptions/listen` requests of one session, at most: the SDK has the same bound. */
const MAX_LISTENING = 1_024;

/**
 * One client connection: the client's identity, and the way to send to it. A client with a handshake can be asked at
 * any time; one of 2026-07-28 only in the answer to a request of its own, through a `MultiRoundRequest`.
 */
export class ClientSession implements Peer {
  readonly takesInputRequired = false;
  readonly isPassing: boolean;
  /**
   * Resolves with the client's identity; with one without capabilities if the client sends a request, or leaves, before
   * it has told its own.
   */
  readonly identified: Promise<ClientIdentity>;
  identity: ClientIdentity = { capabilities: {} };
  logLevel?: ProtocolLogLevel;
  /** Resolves when the servers have the last level, or did not take it in time. */
  levelTaken: Promise<void> = Promise.resolve();

  readonly #events: SessionEvents;
  #identify: (identity: ClientIdentity) => void = () => {};
  #sender: ClientSender | undefined;
  /** The abort of each open `subscriptions/listen` request, by the request's id. */
  readonly #listening = new Map<unknown, Abort>();

  constructor(events: SessionEvents) {
    this.#events = events;
    this.isPassing = events.isPassing ?? false;
    this.identified = new Promise((resolve) => {
      this.#identify = resolve;
    });
  }

  /** Sets the sender, once the client's era is known. */
  sendThrough(sender: ClientSender): void {
    this.#sender = sender;
  }

  /**
   * Takes the client's identity, log level and subscriptions from one of its messages, before the message is handled.
   */
  learn({ id, method, params, meta }: ClientMessage): void {
    if (method === undefined) return;
    this.#setLogLevel(method === 'logging/setLevel' ? params.level : meta[LOG_LEVEL_META_KEY]);
    if (method === 'notifications/roots/list_changed') this.#events.onRootsChanged();
    if (method === 'subscriptions/listen') this.#listen(id, params);
    if (method === 'notifications/cancelled') this.#endListening(params.requestId);
    const identity = identityIn(method, params, meta);
    if (identity) this.identity = identity;
    // A client that sends a request before it has told its identity counts as one without capabilities.
    if (identity || (id !== undefined && method !== 'ping')) this.#identify(this.identity);
  }

  #setLogLevel(level: unknown): void {
    if (!isLogLevel(level) || level === this.logLevel) return;
    this.logLevel = level;
    this.levelTaken = this.#events.onLogLevel(level);
  }

  /**
   * Ends the session of a client that has gone: aborts its `subscriptions/listen` requests and resolves `identified`.
   */
  end(): void {
    this.#identify(this.identity);
    for (const id of [...this.#listening.keys()]) this.#endListening(id);
  }

  #listen(id: unknown, params: JsonObject): void {
    // A second request with the same id replaces the first.
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
    return this.#sender ? this.#sender.request(method, params, options) : NOT_NOW;
  }

  notify(method: string, params: JsonObject): void {
    this.#sender?.notify(method, params);
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

/** Builds an identity from what a client tells of itself, unvalidated: a member of the wrong type counts as absent. */
export function identityOf(info: unknown, capabilities: unknown): ClientIdentity {
  return { ...(isJsonObject(info) && { info }), capabilities: isJsonObject(capabilities) ? capabilities : {} };
}
