import type { ServerConfig } from '../../config/schema.ts';
import type { ClientIdentity, Peer } from '../../core/peer.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/**
 * Decides which sessions share connections to servers, and what the shared connections say and pass on. `Sharing` asks
 * nothing else: another set of rules is another implementation of this.
 */
export interface SharingRules {
  /** What servers are told over the shared connections of the client behind them. */
  readonly identity: ClientIdentity;
  /** Whether each kind of client has to ask the servers what they offer to it. */
  readonly learnsPerClient: boolean;
  /** Whether a session that wants log messages gets connections of its own for them. */
  readonly ownForLogs: boolean;
  /** Least severe level of the log messages that these sessions get over the shared connections; undefined: they get none. */
  logLevelFor(sessions: Iterable<Peer>): string | undefined;
  /** Whether all who share may be told a notification of that method where nobody can say whom it is for. */
  broadcasts(method: string): boolean;
  /** Whether a client has a connection of its own to that server. */
  keepsApart(server: Upstream, peer: Peer | undefined): boolean;
  /** Whether a client uses connections of its own where servers do not make a difference. */
  wantsOwn(peer: Peer, servers: readonly Upstream[]): boolean;
  /** An entry as a session's own connections have it. */
  entryFor(server: ServerConfig, session: Peer): ServerConfig;
  /** Called when a server asks that over the shared connections; `peer` is absent where it could not be told who caused it. */
  onQuestion(server: Upstream, method: string, peer: Peer | undefined): void;
}
