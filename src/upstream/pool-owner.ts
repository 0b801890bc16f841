import type { ClientIdentity, Peer } from '../core/peer.ts';

/** On whose behalf servers are connected to: one client session, or all that share them. */
export interface PoolOwner {
  /** Resolves when it is known who connects: told to each server in the handshake. */
  readonly introduced: Promise<ClientIdentity>;
  /** Hears what belongs to no call. */
  readonly peer?: Peer;
  /** Whether calls of several clients go through one connection. */
  readonly isShared: boolean;
  /** All of these clients are one person's: what a server logs is no secret among them. */
  readonly isOnePerson?: boolean;
  /** Hears of each question that comes over these connections, and whom it is put to; nobody where that cannot be told. */
  readonly onAsked?: (server: string, method: string, peer: Peer | undefined) => void;
}
