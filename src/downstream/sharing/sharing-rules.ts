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

/**
 * Rules for clients that must not see what the others do. They share connections, except those that have capabilities
 * or want log messages: before 2026-07-28 a server does not say to which call its question or log message belongs, so
 * on a shared connection one client could get those of another.
 */
export const MULTI_USER_RULES: SharingRules = {
  identity: { capabilities: {} },
  // A server may offer more tools to a client with more capabilities.
  learnsPerClient: true,
  ownForLogs: true,
  // Log messages that one client causes must not reach the others.
  logLevelFor: () => undefined,
  broadcasts: (method) => method.endsWith('/list_changed'),
  wantsOwn,
  keepsApart({ config, connection }, peer) {
    if (config.shared !== undefined) return !config.shared;
    if (!peer || !wantsOwn(peer)) return false;
    // A server of 2026-07-28 asks in its answer to the call, but its log messages belong to no call.
    const isModern = config.protocol === '2026-07-28' || connection?.modern === true;
    return !isModern || peer.logLevel !== undefined;
  },
  entryFor: (server) => server,
  onQuestion: () => {},
};

function wantsOwn({ identity, logLevel }: Peer): boolean {
  return logLevel !== undefined || Object.keys(identity.capabilities).length > 0;
}
