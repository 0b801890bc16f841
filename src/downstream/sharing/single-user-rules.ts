import type { ServerConfig } from '../../config/schema.ts';
import { type ClientIdentity, originOf, type Peer } from '../../core/peer.ts';
import { LOG_LEVELS } from '../../core/protocol.ts';
import { isWhereStarted } from '../../platform/directories.ts';
import type { CatalogCache } from '../../upstream/catalog-cache.ts';
import { able } from '../../upstream/reverse-requests.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import type { SharingRules } from './sharing-rules.ts';

/** What the server asked of nobody, since several sessions were calling it. */
const OF_SEVERAL = 'several';
const ROOTS = 'roots/list';
/** Quiet time in ms after which a shared connection that no call takes is closed: it was made to learn the tools. */
const LEARNT_IDLE_MS = 5_000;

export interface OnePersonParts {
  readonly catalogCache: Pick<CatalogCache, 'asksOf' | 'learnAsk'>;
  /** The working directory of the first session. */
  readonly firstDirectory: string;
}

/**
 * Sessions of one person, who has no secrets from themselves: all share, whatever their clients can be asked. Apart are
 * kept only servers whose entry says so (`shared: false`, or `cwd: "."`, a session's own directory), and those that
 * turned out to ask what has one answer for each session.
 */
export class SingleUserRules implements SharingRules {
  /** One person's clients are taken to be offered the same. */
  readonly learnsPerClient = false;
  readonly ownForLogs = false;
  /** All that a client may offer: what the one that is asked does not offer is refused when it is asked. */
  readonly identity: ClientIdentity = {
    capabilities: {
      roots: { listChanged: true },
      sampling: { tools: {}, context: {} },
      elicitation: { form: {}, url: {} },
    },
  };
  readonly #parts: OnePersonParts;
  readonly #directories = new WeakMap<Peer, string>();
  #entries: ReadonlyMap<string, ServerConfig> = new Map();
  readonly #asks = new WeakMap<ServerConfig, readonly string[]>();

  constructor(parts: OnePersonParts) {
    this.#parts = parts;
  }

  /** The least severe level that any session wants: each is told from its own level on (`LocalSession`). */
  logLevelFor(sessions: Iterable<Peer>): string | undefined {
    const wanted = new Set([...sessions].map(({ logLevel }) => logLevel));
    return LOG_LEVELS.find((level) => wanted.has(level));
  }

  broadcasts(): boolean {
    return true;
  }

  /** A session's own servers are started in that directory if they want to (`cwd: "."`). */
  place(session: Peer, directory: string): void {
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

  /** The entries of the shared connections: where each session has its own, they only tell which tools there are. */
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

  /** The entry as it is written, of which a connection may have a variant. */
  #entryOf(config: ServerConfig): ServerConfig {
    return this.#entries.get(config.key) ?? config;
  }

  /** Whether it asks what has an answer for each session. */
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

/** Whether the entry itself says that each session has a server of its own. */
function isApart(server: ServerConfig): boolean {
  return !(server.shared ?? !(server.type === 'local' && isWhereStarted(server.cwd)));
}

/** The entry of a connection that no call takes. */
function forTools(server: ServerConfig): ServerConfig {
  return { ...server, start: server.start === 'eager' ? 'auto' : server.start, idleTimeoutMs: LEARNT_IDLE_MS };
}

/** The entry of a local server that wants to run where its client started us: in that directory. */
function inDirectory(server: ServerConfig, directory: string | undefined): ServerConfig {
  if (server.type === 'remote' || !isWhereStarted(server.cwd) || directory === undefined) return server;
  return { ...server, cwd: directory };
}
