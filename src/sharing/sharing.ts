import { type Audience, Backend, type BackendParts, type Router } from '../backend.ts';
import type { ServerConfig } from '../config/schema.ts';
import { withTimeout } from '../core/abort.ts';
import type { CallContext } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import { type ClientIdentity, originOf, type Peer } from '../core/peer.ts';
import { clientMark } from '../core/server-catalog.ts';
import type { OfferedTools } from '../offered-tools.ts';
import type { PrimitiveKind } from '../primitives/primitive-source.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { Following } from './following.ts';
import { Leases } from './leases.ts';
import { nobody } from './nobody.ts';

export interface SharingParts extends Pick<BackendParts, 'log' | 'remembered' | 'verdicts' | 'exposes'> {
  /** The connections that are shared. */
  readonly main: Backend;
  readonly offered: OfferedTools;
  readonly servers: () => readonly ServerConfig[];
  /** Hears what the shared connections tell outside of calls. */
  readonly onTell: (method: string, params: JsonObject) => void;
}

/** A client session, as far as it decides who shares servers with it. */
export interface SharingSession extends Peer {
  readonly introduced: Promise<ClientIdentity>;
}

/** Quiet time after which a server that was started for calls without a session is stopped, in ms. */
const LEASE_IDLE_MS = 60_000;
/** How long a search waits for what servers offer to a kind of client, in ms. */
const LEARNING_MS = 3_000;
const NOTHING: ClientIdentity = { capabilities: {} };

/**
 * Who shares connections to servers with whom. All do, except those that can be asked something or want log messages:
 * before 2026-07-28 a server does not say which call its question or message is about, so on a shared connection one
 * client would be shown what another one does.
 */
export class Sharing implements Router {
  /** Whom the shared connections are made for. */
  readonly audience: Audience;
  /** Who follows which resources, and the way of requests about them. */
  readonly following: Following;

  readonly #parts: SharingParts;
  readonly #sessions = new Map<Peer, SharingSession>();
  readonly #own = new Map<Peer, Backend>();
  readonly #leases: Leases;
  /** When it is known what servers offer, by their entries and the kind of client: an entry that has changed is another one. */
  readonly #learnt = new Map<string, Map<string, Promise<void>>>();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: SharingParts) {
    this.#parts = parts;
    this.#leases = new Leases(({ identity, logLevel }) =>
      this.#open(
        { introduced: Promise.resolve(identity), peer: { ...nobody(identity), logLevel }, isShared: false },
        true,
      ),
    );
    this.following = new Following({
      shared: parts.main.primitives,
      primitivesOf: (session) => this.#backendOf(session).primitives,
      isApart: (server, session) => this.#keepsApart(server, session),
      hasSession: (session) => this.#sessions.has(session),
      log: parts.log,
    });
    const everybody = {
      ...nobody(NOTHING),
      notify: (method: string, params: JsonObject) => this.#tell(method, params),
    };
    this.audience = { introduced: Promise.resolve(NOTHING), peer: everybody, isShared: true };
  }

  readonly call: Router['call'] = (call, context) =>
    this.#at(call.tool.server, context, (upstreams) => upstreams.call(call, context));

  readonly request: Router['request'] = (server, request, context) =>
    this.#at(server, context, (upstreams) => upstreams.request(server, request, context));

  /** A session begins. */
  join(session: SharingSession): void {
    this.#sessions.set(session, session);
    void session.introduced.then((client) => this.#learn(session, client));
  }

  /** Resolves when it is known what servers offer to clients like this one, or after a while. */
  async learnt(session: SharingSession): Promise<void> {
    const mark = clientMark(await session.introduced);
    await Promise.all(this.#parts.servers().map((server) => this.#learnt.get(JSON.stringify(server))?.get(mark)));
  }

  /** A session has ended. Resolves when nothing of its own is left running. */
  async leave(session: SharingSession): Promise<void> {
    this.#sessions.delete(session);
    this.following.leave(session);
    const own = this.#own.get(session);
    this.#own.delete(session);
    if (own) await this.#close(own);
  }

  /** A session wants log messages from that level on. */
  async logLevel(session: SharingSession, level: string): Promise<void> {
    if (this.#sessions.has(session)) await this.#ownOf(session).announcements.logLevel(level);
  }

  rootsChanged(session: SharingSession): void {
    this.#own.get(session)?.announcements.rootsChanged();
  }

  /** The shared connections have told of a changed list. */
  listChanged(server: string, list: PrimitiveKind): void {
    for (const own of this.#own.values()) own.announcements.listChanged(server, list);
  }

  /** Makes the servers of all sessions those that are configured. */
  reconcile(): void {
    const servers = this.#parts.servers();
    for (const own of this.#own.values()) own.upstreams.reconcile(servers);
    for (const leased of this.#leases.all()) leased.upstreams.reconcile(servers.map(endingSoon));
    const entries = new Set(servers.map((server) => JSON.stringify(server)));
    for (const entry of this.#learnt.keys()) if (!entries.has(entry)) this.#learnt.delete(entry);
    for (const session of this.#sessions.values()) this.#learn(session, session.identity);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#own.values()].map((own) => this.#close(own)));
    await Promise.all([this.#leases.close(), ...this.#closing]);
  }

  /** Uses the connections that are right for a call. */
  #at<T>(server: string, context: CallContext, use: (upstreams: Upstreams) => Promise<T>): Promise<T> {
    const { upstreams } = this.#parts.main;
    const { peer } = context;
    if (!this.#keepsApart(server, peer)) return use(upstreams);
    const session = peer && this.#sessions.get(originOf(peer));
    return session ? use(this.#ownOf(session).upstreams) : this.#leased(server, context, use);
  }

  async #leased<T>(server: string, context: CallContext, use: (upstreams: Upstreams) => Promise<T>): Promise<T> {
    const { identity = NOTHING, logLevel } = context.peer ?? {};
    const lease = await this.#leases.take({ identity, logLevel }, server, context.signal);
    try {
      return await use(lease.backend.upstreams);
    } finally {
      lease.release();
    }
  }

  #keepsApart(server: string | undefined, peer: Peer | undefined): boolean {
    const upstream = server === undefined ? undefined : this.#parts.main.upstreams.get(server);
    if (!upstream || upstream.config.shared === true) return false;
    if (upstream.config.shared === false) return true;
    if (!peer || !wantsOwn(peer)) return false;
    // A server of 2026-07-28 asks in its answer to the call; its log messages belong to no call all the same.
    const isModern = upstream.config.protocol === '2026-07-28' || upstream.connection?.modern === true;
    return !isModern || peer.logLevel !== undefined;
  }

  /** The connections that a session uses where servers do not make a difference. */
  #backendOf(peer: Peer): Backend {
    const session = this.#sessions.get(peer);
    return session && wantsOwn(session) ? this.#ownOf(session) : this.#parts.main;
  }

  #ownOf(session: SharingSession): Backend {
    const known = this.#own.get(session);
    if (known) return known;
    const own = this.#open({ introduced: session.introduced, peer: session, isShared: false }, false);
    this.#own.set(session, own);
    return own;
  }

  #open(audience: Audience, isLeased: boolean): Backend {
    const { log, remembered, verdicts, exposes, offered, servers } = this.#parts;
    const backend = new Backend({
      ...{ log, remembered, verdicts, exposes, onDemand: true },
      audience: () => audience,
      router: () => this,
      onTools: (...listing) => offered.toOne(...listing),
    });
    backend.upstreams.reconcile(isLeased ? servers().map(endingSoon) : servers());
    return backend;
  }

  #close(backend: Backend): Promise<void> {
    const closed = backend.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }

  /** Servers may offer other tools to a client that can do other things: the first of its kind asks them. */
  #learn(session: SharingSession, client: ClientIdentity): void {
    if (!this.#sessions.has(session) || !wantsOwn(session)) return;
    const mark = clientMark(client);
    for (const server of this.#parts.servers()) {
      const entry = JSON.stringify(server);
      const learnt = this.#learnt.get(entry) ?? new Map<string, Promise<void>>();
      if (server.start === 'lazy' || learnt.has(mark) || !this.#keepsApart(server.key, session)) continue;
      const own = this.#ownOf(session).upstreams.get(server.key);
      if (!own) continue;
      own.wake();
      learnt.set(
        mark,
        withTimeout(LEARNING_MS, (late) => own.settled(late)),
      );
      this.#learnt.set(entry, learnt);
    }
  }

  /** What the shared connections tell outside of calls. Log messages are nobody's there. */
  #tell(method: string, params: JsonObject): void {
    const isUpdate = method === 'notifications/resources/updated';
    if (!isUpdate && !method.endsWith('/list_changed')) return;
    this.#parts.onTell(method, params);
    const sessions = isUpdate ? this.following.followersOf(params.uri) : this.#sessions.keys();
    for (const session of sessions) session.notify(method, params);
  }
}

function wantsOwn({ identity, logLevel }: Peer): boolean {
  return logLevel !== undefined || Object.keys(identity.capabilities).length > 0;
}

function endingSoon(config: ServerConfig): ServerConfig {
  return { ...config, idleTimeoutMs: Math.min(config.idleTimeoutMs || LEASE_IDLE_MS, LEASE_IDLE_MS) };
}
