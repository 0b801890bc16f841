import type { ServerConfig } from '../../config/schema.ts';
import type { Signal } from '../../core/abort.ts';
import type { CallContext, Caller } from '../../core/call.ts';
import { type ClientIdentity, originOf, type Peer } from '../../core/peer.ts';
import { METHOD_NOT_FOUND } from '../../core/rpc.ts';
import { type PoolOwner, soleOwner, type TellChange } from '../../upstream/pool-owner.ts';
import type { PrimitiveKind } from '../../upstream/resources/lists.ts';
import type { ServerObserver } from '../../upstream/server-observer.ts';
import { type Router, ServerPool, type ServerPoolParts } from '../../upstream/server-pool.ts';
import type { Upstreams } from '../../upstream/upstreams.ts';
import { CapabilityDiscovery } from './capability-discovery.ts';
import { ConnectionPool } from './connection-pool.ts';
import { ResourceSubscriptions, type Subscriber } from './resource-subscriptions.ts';
import type { SharingRules } from './sharing-rules.ts';

interface SharingParts
  extends Pick<ServerPoolParts, 'log' | 'catalogCache' | 'protocolEras' | 'secrets' | 'keys' | 'exposes'> {
  /** The pool of the shared connections. */
  readonly main: ServerPool;
  /** Observes the servers in pools that belong to one client. */
  readonly ownPoolObserver: ServerObserver;
  readonly servers: () => readonly ServerConfig[];
  readonly rules: SharingRules;
}

/** The part of a client session that decides with whom it shares servers. */
interface SharingSession extends Peer {
  readonly identified: Promise<ClientIdentity>;
}

/** A session that has joined, and its caller. */
interface Member extends Subscriber {
  readonly session: SharingSession;
}

/** Idle time after which a server for calls without a session is stopped, in ms. */
const POOLED_IDLE_MS = 60_000;
const UPDATED = 'notifications/resources/updated';
const NO_CAPABILITIES: ClientIdentity = { capabilities: {} };

/** Chooses the connections of each call and request, by rules that say which sessions share them. */
export class Sharing implements Router {
  /** The owner of the shared connections: all sessions that share them. */
  readonly owner: PoolOwner;
  /** Answers requests about resources, prompts and completion. */
  readonly subscriptions: ResourceSubscriptions;

  readonly #parts: SharingParts;
  readonly #members = new Map<Peer, Member>();
  /** Requests of clients without a session that listen to changes. */
  readonly #listeners = new Set<Subscriber>();
  readonly #own = new Map<Peer, ServerPool>();
  readonly #connectionPool: ConnectionPool;
  readonly #discovery = new CapabilityDiscovery();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: SharingParts) {
    this.#parts = parts;
    this.#connectionPool = new ConnectionPool(({ identity, logLevel }) =>
      this.#open(
        { identified: Promise.resolve(identity), peer: { ...nullPeer(identity), logLevel }, isShared: false },
        parts.servers().map(withShortIdleTime),
      ),
    );
    this.subscriptions = new ResourceSubscriptions({
      shared: parts.main.primitives,
      primitivesOf: (session) => this.#poolOf(session).primitives,
      // A request without a session subscribes over the shared connections, whatever capabilities its client has.
      isApart: (server, session) => this.#members.has(session) && this.#keepsApart(server, session),
      log: parts.log,
    });
    this.owner = this.#sharedOwner(parts);
  }

  readonly call: Router['call'] = (call, context) =>
    this.#withConnections(call.tool.server, context, (upstreams) => upstreams.call(call, context));

  readonly request: Router['request'] = (server, request, context) =>
    this.#withConnections(server, context, (upstreams) => upstreams.request(server, request, context));

  /** Adds a session of that caller. Returns it as a subscriber to resources. */
  join(caller: Caller, session: SharingSession): Subscriber {
    const member = { session, caller };
    this.#members.set(session, member);
    void session.identified.then((client) => this.#discover(member, client));
    return member;
  }

  /**
   * Subscribes a client of 2026-07-28 to changed lists and to updates of these resources, until the signal aborts. Its
   * session has joined, or lasts for this one request.
   */
  listen(listener: Subscriber, uris: readonly string[], signal: Signal): void {
    const { session, caller } = listener;
    const hasJoined = this.#members.has(session);
    if (!hasJoined) {
      this.#listeners.add(listener);
      signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
    }
    this.subscriptions.listen(listener, uris, { caller, signal, ...(hasJoined && { peer: session }) });
  }

  /** Resolves when the tools for this kind of client are known, or the wait for them has ended. */
  async discovered(session: SharingSession): Promise<void> {
    await this.#discovery.settled(await session.identified, this.#parts.servers());
  }

  /** Removes a session that has ended. Resolves when its own connections are closed. */
  async leave(session: SharingSession): Promise<void> {
    const member = this.#members.get(session);
    this.#members.delete(session);
    if (member) this.subscriptions.leave(member);
    const own = this.#own.get(session);
    this.#own.delete(session);
    if (own) await this.#close(own);
  }

  /** Takes over the least severe level of the log messages that a session wants. */
  async logLevel(session: SharingSession, level: string): Promise<void> {
    const member = this.#members.get(session);
    if (!member) return;
    const { rules, main } = this.#parts;
    const own = rules.ownForLogs ? this.#ownPoolOf(member) : this.#own.get(session);
    const shared = rules.logLevelFor(this.#members.keys());
    await Promise.all([
      own?.announcements.logLevel(level),
      shared !== undefined && main.announcements.logLevel(shared),
    ]);
  }

  rootsChanged(session: SharingSession): void {
    this.#own.get(session)?.announcements.rootsChanged();
  }

  /** Passes a changed list of the shared connections on to the sessions with pools of their own. */
  listChanged(server: string, list: PrimitiveKind): void {
    for (const own of this.#own.values()) own.announcements.listChanged(server, list);
  }

  /** Makes the servers of all pools but the shared one those of the configuration. */
  reconcile(): void {
    const servers = this.#parts.servers();
    for (const [session, own] of this.#own) own.upstreams.reconcile(this.#entriesOf(session));
    for (const pool of this.#connectionPool.all()) pool.upstreams.reconcile(servers.map(withShortIdleTime));
    this.#discovery.keep(servers);
    for (const member of this.#members.values()) this.#discover(member, member.session.identity);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#own.values()].map((own) => this.#close(own)));
    await Promise.all([this.#connectionPool.close(), ...this.#closing]);
  }

  /** Calls `use` with the connections for this peer: the shared ones, its session's own, or pooled ones. */
  #withConnections<T>(server: string, context: CallContext, use: (upstreams: Upstreams) => Promise<T>): Promise<T> {
    const { upstreams } = this.#parts.main;
    const { peer } = context;
    if (!this.#keepsApart(server, peer)) return use(upstreams);
    const member = peer && this.#members.get(originOf(peer));
    return member ? use(this.#ownPoolOf(member).upstreams) : this.#withPooled(server, context, use);
  }

  async #withPooled<T>(server: string, context: CallContext, use: (upstreams: Upstreams) => Promise<T>): Promise<T> {
    const { identity = NO_CAPABILITIES, logLevel } = context.peer ?? {};
    const pooled = await this.#connectionPool.take({ identity, logLevel }, server, context.signal);
    try {
      return await use(pooled.pool.upstreams);
    } finally {
      pooled.release();
    }
  }

  #keepsApart(server: string | undefined, peer: Peer | undefined): boolean {
    const upstream = server === undefined ? undefined : this.#parts.main.upstreams.get(server);
    return upstream !== undefined && this.#parts.rules.keepsApart(upstream, peer);
  }

  #wantsOwn(session: SharingSession): boolean {
    return this.#parts.rules.wantsOwn(session, this.#parts.main.upstreams.all());
  }

  /** The pool that a session uses for resources, prompts and completion. */
  #poolOf(session: Peer): ServerPool {
    const member = this.#members.get(session);
    return member && this.#wantsOwn(member.session) ? this.#ownPoolOf(member) : this.#parts.main;
  }

  #ownPoolOf({ session, caller }: Member): ServerPool {
    const known = this.#own.get(session);
    if (known) return known;
    const own = this.#open(soleOwner(caller, session), this.#entriesOf(session));
    this.#own.set(session, own);
    return own;
  }

  /** The servers' entries for a session's own connections. */
  #entriesOf(session: Peer): ServerConfig[] {
    return this.#parts.servers().map((server) => this.#parts.rules.entryFor(server, session));
  }

  #open(owner: PoolOwner, entries: readonly ServerConfig[]): ServerPool {
    const { log, catalogCache, protocolEras, secrets, keys, exposes, ownPoolObserver } = this.#parts;
    const pool = new ServerPool({
      ...{ log, catalogCache, protocolEras, secrets, keys, exposes, onDemand: true },
      owner: () => owner,
      router: () => this,
      observer: ownPoolObserver,
    });
    pool.upstreams.reconcile(entries);
    return pool;
  }

  #close(pool: ServerPool): Promise<void> {
    const closed = pool.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }

  /** Learns the tools of the servers to which a session has connections of its own, for its kind of client. */
  #discover(member: Member, client: ClientIdentity): void {
    const { rules, servers } = this.#parts;
    const { session } = member;
    if (!rules.learnsPerClient || !this.#members.has(session) || !this.#wantsOwn(session)) return;
    this.#discovery.learn(client, servers(), ({ key }) =>
      this.#keepsApart(key, session) ? this.#ownPoolOf(member).upstreams.get(key) : undefined,
    );
  }

  #sharedOwner({ rules, main }: SharingParts): PoolOwner {
    const { identity } = rules;
    return {
      identified: Promise.resolve(identity),
      peer: this.#broadcastPeer(identity),
      tell: this.#tell,
      isShared: true,
      broadcasts: (method) => rules.broadcasts(method),
      onQuestion: (server, ...question) => {
        const upstream = main.upstreams.get(server);
        if (upstream) rules.onQuestion(upstream, ...question);
      },
    };
  }

  /** A peer that notifies all sessions that share. */
  #broadcastPeer(identity: ClientIdentity): Peer {
    const { rules } = this.#parts;
    const members = this.#members;
    return {
      ...nullPeer(identity),
      get logLevel() {
        return rules.logLevelFor(members.keys());
      },
      notify: (method, params) => {
        if (!rules.broadcasts(method)) return;
        for (const session of members.keys()) session.notify(method, params);
      },
    };
  }

  /** Sends a change to all sessions and listeners; an updated resource to its subscribers only. */
  readonly #tell: TellChange = (method, paramsFor) => {
    if (method === UPDATED) return this.subscriptions.tell(method, paramsFor);
    for (const { session, caller } of [...this.#members.values(), ...this.#listeners]) {
      const params = paramsFor(caller);
      if (params) session.notify(method, params);
    }
  };
}

function withShortIdleTime(config: ServerConfig): ServerConfig {
  return { ...config, idleTimeoutMs: Math.min(config.idleTimeoutMs || POOLED_IDLE_MS, POOLED_IDLE_MS) };
}

/** A peer for connections that no client holds: its requests fail, its notifications are dropped. */
function nullPeer(identity: ClientIdentity): Peer {
  const message = 'the client can be asked during a call only';
  return {
    identity,
    takesInputRequired: false,
    request: async () => ({ error: { code: METHOD_NOT_FOUND, message } }),
    notify: () => {},
  };
}
