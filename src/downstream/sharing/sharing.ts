import type { ServerConfig } from '../../config/schema.ts';
import type { CallContext } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import { type ClientIdentity, originOf, type Peer } from '../../core/peer.ts';
import { LOG_LEVELS } from '../../core/protocol.ts';
import { METHOD_NOT_FOUND } from '../../core/rpc.ts';
import type { PoolOwner } from '../../upstream/pool-owner.ts';
import type { PrimitiveKind } from '../../upstream/resources/lists.ts';
import type { ServerObserver } from '../../upstream/server-observer.ts';
import { type Router, ServerPool, type ServerPoolParts } from '../../upstream/server-pool.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { Upstreams } from '../../upstream/upstreams.ts';
import { CapabilityDiscovery } from './capability-discovery.ts';
import { ResourceSubscriptions } from './resource-subscriptions.ts';
import { ConnectionPool } from './stateless-clients.ts';

interface SharingParts
  extends Pick<ServerPoolParts, 'log' | 'remembered' | 'verdicts' | 'secrets' | 'keys' | 'exposes'> {
  /** The connections that are shared. */
  readonly main: ServerPool;
  /** Observes servers over connections that belong to one client. */
  readonly offered: ServerObserver;
  readonly servers: () => readonly ServerConfig[];
  readonly rules: SharingRules;
  /** Hears what the shared connections tell outside of calls. */
  readonly onTell: (method: string, params: JsonObject) => void;
}

/** A client session, as far as it decides who shares servers with it. */
interface SharingSession extends Peer {
  readonly introduced: Promise<ClientIdentity>;
}

/** Quiet time after which a server that was started for calls without a session is stopped, in ms. */
const LEASE_IDLE_MS = 60_000;
const NOTHING: ClientIdentity = { capabilities: {} };

/** Who shares connections to servers with whom, by rules that are given: the right ones for each call. */
export class Sharing implements Router {
  /** Whom the shared connections are made for. */
  readonly audience: PoolOwner;
  /** Who follows which resources, and the way of requests about them. */
  readonly following: ResourceSubscriptions;

  readonly #parts: SharingParts;
  readonly #sessions = new Map<Peer, SharingSession>();
  readonly #own = new Map<Peer, ServerPool>();
  readonly #leases: ConnectionPool;
  readonly #offers = new CapabilityDiscovery();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: SharingParts) {
    this.#parts = parts;
    this.#leases = new ConnectionPool(({ identity, logLevel }) =>
      this.#open(
        { introduced: Promise.resolve(identity), peer: { ...nobody(identity), logLevel }, isShared: false },
        parts.servers().map(endingSoon),
      ),
    );
    this.following = new ResourceSubscriptions({
      shared: parts.main.primitives,
      primitivesOf: (session) => this.#backendOf(session).primitives,
      isApart: (server, session) => this.#keepsApart(server, session),
      hasSession: (session) => this.#sessions.has(session),
      log: parts.log,
    });
    const { identity, isOnePerson } = parts.rules;
    this.audience = {
      introduced: Promise.resolve(identity),
      peer: this.#everybody(identity),
      isShared: true,
      isOnePerson,
      onAsked: (server, ...question) => {
        const upstream = parts.main.upstreams.get(server);
        if (upstream) parts.rules.asked(upstream, ...question);
      },
    };
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
    await this.#offers.settled(await session.introduced, this.#parts.servers());
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
    if (!this.#sessions.has(session)) return;
    const { rules, main } = this.#parts;
    const own = rules.isOnePerson ? this.#own.get(session) : this.#ownOf(session);
    await Promise.all([
      own?.announcements.logLevel(level),
      rules.isOnePerson && main.announcements.logLevel(this.#leastLevel() ?? level),
    ]);
  }

  /** The least severe level that any session wants; undefined: none has said. */
  #leastLevel(): string | undefined {
    const wanted = new Set([...this.#sessions.values()].map(({ logLevel }) => logLevel));
    return LOG_LEVELS.find((level) => wanted.has(level));
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
    for (const [session, own] of this.#own) own.upstreams.reconcile(this.#entriesOf(session));
    for (const leased of this.#leases.all()) leased.upstreams.reconcile(servers.map(endingSoon));
    this.#offers.keep(servers);
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
    return upstream !== undefined && this.#parts.rules.keepsApart(upstream, peer);
  }

  #wantsOwn(session: SharingSession): boolean {
    return this.#parts.rules.wantsOwn(session, this.#parts.main.upstreams.all());
  }

  /** The connections that a session uses where servers do not make a difference. */
  #backendOf(peer: Peer): ServerPool {
    const session = this.#sessions.get(peer);
    return session && this.#wantsOwn(session) ? this.#ownOf(session) : this.#parts.main;
  }

  #ownOf(session: SharingSession): ServerPool {
    const known = this.#own.get(session);
    if (known) return known;
    const own = this.#open(
      { introduced: session.introduced, peer: session, isShared: false },
      this.#entriesOf(session),
    );
    this.#own.set(session, own);
    return own;
  }

  /** The servers as a session's own connections have them. */
  #entriesOf(session: Peer): ServerConfig[] {
    return this.#parts.servers().map((server) => this.#parts.rules.entryFor(server, session));
  }

  #open(audience: PoolOwner, entries: readonly ServerConfig[]): ServerPool {
    const { log, remembered, verdicts, secrets, keys, exposes, offered } = this.#parts;
    const backend = new ServerPool({
      ...{ log, remembered, verdicts, secrets, keys, exposes, onDemand: true },
      owner: () => audience,
      router: () => this,
      observer: offered,
    });
    backend.upstreams.reconcile(entries);
    return backend;
  }

  #close(backend: ServerPool): Promise<void> {
    const closed = backend.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }

  /** What one person's clients are offered is taken to be the same. */
  #learn(session: SharingSession, client: ClientIdentity): void {
    const { rules, servers } = this.#parts;
    if (rules.isOnePerson || !this.#sessions.has(session) || !this.#wantsOwn(session)) return;
    this.#offers.learn(client, servers(), ({ key }) =>
      this.#keepsApart(key, session) ? this.#ownOf(session).upstreams.get(key) : undefined,
    );
  }

  /** The way back to all who share. */
  #everybody(identity: ClientIdentity): Peer {
    const leastLevel = () => (this.#parts.rules.isOnePerson ? this.#leastLevel() : undefined);
    return {
      ...nobody(identity),
      get logLevel() {
        return leastLevel();
      },
      notify: (method, params) => this.#tell(method, params),
    };
  }

  /** What the shared connections tell outside of calls. Log messages are nobody's among strangers. */
  #tell(method: string, params: JsonObject): void {
    const isUpdate = method === 'notifications/resources/updated';
    if (!this.#parts.rules.isOnePerson && !isUpdate && !method.endsWith('/list_changed')) return;
    this.#parts.onTell(method, params);
    const sessions = isUpdate ? this.following.followersOf(params.uri) : this.#sessions.keys();
    for (const session of sessions) session.notify(method, params);
  }
}

function endingSoon(config: ServerConfig): ServerConfig {
  return { ...config, idleTimeoutMs: Math.min(config.idleTimeoutMs || LEASE_IDLE_MS, LEASE_IDLE_MS) };
}

/** A way back to nobody, for connections that no client holds. */
function nobody(identity: ClientIdentity): Peer {
  const message = 'the client can be asked during a call only';
  return {
    identity,
    takesInputRequired: false,
    request: async () => ({ error: { code: METHOD_NOT_FOUND, message } }),
    notify: () => {},
  };
}

/** Who shares connections to servers with whom, and what the shared ones say of the clients behind them. */
export interface SharingRules {
  /** What servers are told over the shared connections. */
  readonly identity: ClientIdentity;
  /** All clients are one person's. */
  readonly isOnePerson: boolean;
  /** Whether a client has a connection of its own to that server. */
  keepsApart(server: Upstream, peer: Peer | undefined): boolean;
  /** Whether a client uses connections of its own where servers do not make a difference. */
  wantsOwn(peer: Peer, servers: readonly Upstream[]): boolean;
  /** An entry as a session's own connections have it. */
  entryFor(server: ServerConfig, session: Peer): ServerConfig;
  /** A server asked that over the shared connections; nobody was asked where it could not be told who caused it. */
  asked(server: Upstream, method: string, peer: Peer | undefined): void;
}
