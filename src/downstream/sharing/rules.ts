import type { ServerConfig } from '../../config/schema.ts';
import type { ClientIdentity, Peer } from '../../core/peer.ts';
import type { Upstream } from '../../upstream/upstream.ts';

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
