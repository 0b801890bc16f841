import type { ClientIdentity, Peer } from '../core/peer.ts';

/** On whose behalf servers are connected to: one client session, or all that share them. */
export interface PoolOwner {
  /** Resolves with the identity of the client, which each server is told in the handshake. */
  readonly introduced: Promise<ClientIdentity>;
  /** Receives the notifications that belong to no call. */
  readonly peer?: Peer;
  /** True where calls of several clients go through one connection. */
  readonly isShared: boolean;
  /** All of these clients are one person's: what a server logs is no secret among them. */
  readonly isOnePerson?: boolean;
  /** Called with each request of a server to that client; undefined: several clients are calling, so none was asked. */
  readonly onAsked?: (server: string, method: string, peer: Peer | undefined) => void;
}
