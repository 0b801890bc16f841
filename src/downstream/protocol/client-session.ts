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

/** Sends to one client: questions, which it answers, and notifications. */
export interface ClientSender {
  /** Never rejects. */
  request(method: string, params: JsonObject, options: PeerRequestOptions): Promise<Answer>;
  notify(method: string, params: JsonObject): void;
}

/** The answer to a question that cannot be put to the client now. */
export const NOT_NOW: Answer = {
  error: { code: METHOD_NOT_FOUND, message: 'the client can be asked during a call only' },
};

/** Effects in the gateway of what a client says beside its requests. */
export interface SessionEvents {
  /** The client wants log messages from another level on than before. */
  readonly onLogLevel: (level: string) => Promise<void>;
  readonly onRootsChanged: () => void;
  /** A 2026-era client listens to changes, and to updates of these resources, until the signal aborts. */
  readonly onListen: (uris: readonly string[], signal: Signal) => void;
  /** The session is that of a stateless client (2026-07-28), and serves one request. */
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
  readonly identified: Promise<ClientIdentity>;
  identity: ClientIdentity = { capabilities: {} };
  logLevel?: ProtocolLogLevel;
  /** Resolves when the servers have taken the last level over, or did not in time. */
  levelTaken: Promise<void> = Promise.resolve();

  readonly #events: SessionEvents;
  #identify: (identity: ClientIdentity) => void = () => {};
  #sender: ClientSender | undefined;
  /** Aborts of the requests that listen (`subscriptions/listen`), by their ids. */
  readonly #listening = new Map<unknown, Abort>();

  constructor(events: SessionEvents) {
    this.#events = events;
    this.isPassing = events.isPassing ?? false;
    this.identified = new Promise((resolve) => {
      this.#identify = resolve;
    });
  }

  /** Sets how messages get to this client, once its era is known. */
  sendThrough(sender: ClientSender): void {
    this.#sender = sender;
  }

  /** Learns from a message of the client, before it is handled, its identity and what it wants to be told. */
  learn({ id, method, params, meta }: ClientMessage): void {
    if (method === undefined) return;
    this.#wantLogs(method === 'logging/setLevel' ? params.level : meta[LOG_LEVEL_META_KEY]);
    if (method === 'notifications/roots/list_changed') this.#events.onRootsChanged();
    if (method === 'subscriptions/listen') this.#listen(id, params);
    if (method === 'notifications/cancelled') this.#endListening(params.requestId);
    const identity = identityIn(method, params, meta);
    if (identity) this.identity = identity;
    // A client that asks for something without saying hello can be asked nothing.
    if (identity || (id !== undefined && method !== 'ping')) this.#identify(this.identity);
  }

  #wantLogs(level: unknown): void {
    if (!isLogLevel(level) || level === this.logLevel) return;
    this.logLevel = level;
    this.levelTaken = this.#events.onLogLevel(level);
  }

  /** The client has gone: its requests that listen have ended, and what waits for its identity goes on. */
  end(): void {
    this.#identify(this.identity);
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

/** The identity of a client by what it says of itself, in whatever shape. */
export function identityOf(info: unknown, capabilities: unknown): ClientIdentity {
  return { ...(isJsonObject(info) && { info }), capabilities: isJsonObject(capabilities) ? capabilities : {} };
}
