import type { Caller } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';

/** The owner of a pool of connections: one client session, or all sessions that share them. */
export interface PoolOwner {
  /** Resolves with the identity of the client, which the handshake with each server repeats. */
  readonly identified: Promise<ClientIdentity>;
  /** Receives questions and log messages that belong to no call. Absent: they reach no client. */
  readonly peer?: Peer;
  /** Notifies the owner's clients of a change of a server. Absent: no client has connected. */
  readonly tell?: TellChange;
  /** True if calls of several clients go through one connection. */
  readonly isShared: boolean;
  /**
   * Returns true if a notification of that method may go to all clients when it is unknown for which of them it is
   * meant. Only called for shared connections; absent: it may not.
   */
  readonly broadcasts?: (method: string) => boolean;
  /**
   * Called with each request of a server to a client. `peer` is undefined if several clients are calling, so that none
   * was asked.
   */
  readonly onQuestion?: (server: string, method: string, peer: Peer | undefined) => void;
}

/**
 * Sends a notification to each client, with the params that `paramsFor` returns for its caller; undefined: the client
 * gets none.
 */
export type TellChange = (method: string, paramsFor: (caller: Caller) => JsonObject | undefined) => void;

/** Makes the owner of connections that belong to one client session. */
export function soleOwner(caller: Caller, session: Peer & Pick<PoolOwner, 'identified'>): PoolOwner {
  return {
    identified: session.identified,
    peer: session,
    isShared: false,
    tell: (method, paramsFor) => {
      const params = paramsFor(caller);
      if (params) session.notify(method, params);
    },
  };
}
