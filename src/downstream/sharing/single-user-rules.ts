import type { ServerConfig } from '../../config/schema.ts';
import { type ClientIdentity, originOf, type Peer } from '../../core/peer.ts';
import { LOG_LEVELS } from '../../core/protocol.ts';
import { isWhereStarted } from '../../platform/directories.ts';
import type { CatalogCache } from '../../upstream/catalog-cache.ts';
import { able } from '../../upstream/reverse-requests.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { SharingRules } from './sharing-rules.ts';

/**
 * Learnt in place of a method: the server asked while several sessions were calling it, so that none could be asked.
 */
const OF_SEVERAL = 'several';
const ROOTS = 'roots/list';
/** Idle time after which a shared connection that only serves to learn the tools is closed, in ms. */
const LEARNT_IDLE_MS = 5_000;

export interface SingleUserParts {
  readonly catalogCache: Pick<CatalogCache, 'asksOf' | 'learnAsk'>;
  /** The working directory of the first session. */
  readonly firstDirectory: string;
}

/**
 * Rules for the sessions of one person, which have no secrets from each other: they share all connections, whatever
 * their capabilities. Exceptions are servers whose entry says so (`shared: false`, or `cwd: "."`, a session's own
 * directory), and those that turned out to ask for something which differs between sessions.
 */
export class SingleUserRules implements SharingRules {
  /** Servers are taken to offer the same tools to all clients of one person. */
  readonly learnsPerClient = false;
  readonly ownForLogs = false;
  /** All capabilities that a client may have: a question that the asked client cannot answer is refused then. */
  readonly identity: ClientIdentity = {
    capabilities: {
      roots: { listChanged: true },
      sampling: { tools: {}, context: {} },
      elicitation: { form: {}, url: {} },
    },
  };
  readonly #parts: SingleUserParts;
  readonly #directories = new WeakMap<Peer, string>();
  #entries: ReadonlyMap<string, ServerConfig> = new Map();
  readonly #asks = new WeakMap<ServerConfig, readonly string[]>();

  constructor(parts: SingleUserParts) {
    this.#parts = parts;
  }

  /** The least severe level that any session wants; `LocalSession` drops what its own client does not want. */
  logLevelFor(sessions: Iterable<Peer>): string | undefined {
    const wanted = new Set([...sessions].map(({ logLevel }) => logLevel));
    return LOG_LEVELS.find((level) => wanted.has(level));
  }

  broadcasts(): boolean {
    return true;
  }

  /** Sets the directory in which a session's own servers are started if they want to (`cwd: "."`). */
  setDirectory(session: Peer, directory: string): void {
    this.#directories.set(session, directory);
  }

  keepsApart({ config }: Upstream, peer: Peer | undefined): boolean {
    const entry = this.#entryOf(config);
    if (isApart(entry) || this.#isLearntToBeApart(entry)) return true;
    return entry.shared !== true && this.#asksOf(entry).some((ask) => peer && !able(peer, ask));
  }

  wantsOwn(peer: Peer, servers: readonly Upstream[]): boolean {
    return servers.some((server) => this.keepsApart(server, peer));
  }

  entryFor(server: ServerConfig, session: Peer): ServerConfig {
    return inDirectory(server, this.#directories.get(originOf(session)));
  }

  /**
   * The entries for the shared connections. Where each session has its own connection, the shared one only serves to
   * learn the tools.
   */
  sharedEntries(servers: readonly ServerConfig[]): readonly ServerConfig[] {
    this.#entries = new Map(servers.map((server) => [server.key, server]));
    return servers.map((server) => {
      if (isApart(server)) return forTools(inDirectory(server, this.#parts.firstDirectory));
      return this.#isLearntToBeApart(server) ? forTools(server) : server;
    });
  }

  onQuestion({ config }: Upstream, method: string, peer: Peer | undefined): void {
    if (!peer) this.#learn(this.#entryOf(config), OF_SEVERAL);
    else if (method === ROOTS || !able(peer, method)) this.#learn(this.#entryOf(config), method);
  }

  /** The entry of the configuration, of which a connection may use a variant. */
  #entryOf(config: ServerConfig): ServerConfig {
    return this.#entries.get(config.key) ?? config;
  }

  /** True if the server is known to ask for something that differs between sessions. */
  #isLearntToBeApart(entry: ServerConfig): boolean {
    return entry.shared !== true && this.#asksOf(entry).some((ask) => ask === ROOTS || ask === OF_SEVERAL);
  }

  #learn(config: ServerConfig, ask: string): void {
    if (this.#asksOf(config).includes(ask)) return;
    this.#parts.catalogCache.learnAsk(config, ask);
    this.#asks.set(config, this.#parts.catalogCache.asksOf(config));
  }

  #asksOf(config: ServerConfig): readonly string[] {
    const known = this.#asks.get(config) ?? this.#parts.catalogCache.asksOf(config);
    this.#asks.set(config, known);
    return known;
  }
}

/** True if the entry itself gives each session a server of its own. */
function isApart(server: ServerConfig): boolean {
  return !(server.shared ?? !(server.type === 'local' && isWhereStarted(server.cwd)));
}

/** The entry for a shared connection that only serves to learn the tools. */
function forTools(server: ServerConfig): ServerConfig {
  return { ...server, start: server.start === 'eager' ? 'auto' : server.start, idleTimeoutMs: LEARNT_IDLE_MS };
}

/** The entry with that directory, if it is a local server that runs where its client started the gateway. */
function inDirectory(server: ServerConfig, directory: string | undefined): ServerConfig {
  if (server.type === 'remote' || !isWhereStarted(server.cwd) || directory === undefined) return server;
  return { ...server, cwd: directory };
}
