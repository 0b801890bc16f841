import type { ServerConfig } from '../../config/schema.ts';
import type { ClientIdentity, Peer } from '../../core/peer.ts';
import type { Upstream } from '../../upstream/upstream.ts';

/**
 * Decides which sessions share connections to servers, and what the shared connections say and pass on. `Sharing` asks
 * nothing else: another set of rules is another implementation of this.
 */
export interface SharingRules {
  /** The client identity that servers are told over the shared connections. */
  readonly identity: ClientIdentity;
  /** True if servers must be asked for their tools once per kind of client. */
  readonly learnsPerClient: boolean;
  /** True if a session that wants log messages gets connections of its own for them. */
  readonly ownForLogs: boolean;
  /** Least severe level of the log messages that these sessions get over the shared connections; undefined: they get none. */
  logLevelFor(sessions: Iterable<Peer>): string | undefined;
  /** Returns true if all sessions that share may be sent a notification of that method where its client is unknown. */
  broadcasts(method: string): boolean;
  /** Returns true if a client has a connection of its own to that server. */
  keepsApart(server: Upstream, peer: Peer | undefined): boolean;
  /** Returns true if a client uses a pool of its own for resources, prompts and completion. */
  wantsOwn(peer: Peer, servers: readonly Upstream[]): boolean;
  /** Returns the entry of a server for a session's own connection. */
  entryFor(server: ServerConfig, session: Peer): ServerConfig;
  /**
   * Called when a server sends that request over the shared connections; `peer` is undefined where it was not known who
   * caused it.
   */
  onQuestion(server: Upstream, method: string, peer: Peer | undefined): void;
}
