import type { Caller } from '../core/call.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientIdentity, Peer } from '../core/peer.ts';

/** On whose behalf servers are connected to: one client session, or all that share them. */
export interface PoolOwner {
  /** Resolves with the identity of the client, which each server is told in the handshake. */
  readonly identified: Promise<ClientIdentity>;
  /** Receives questions and log messages that belong to no call. */
  readonly peer?: Peer;
  /** Tells the owner's clients that something of a server has changed; absent: no client has come. */
  readonly tell?: TellChange;
  /** True where calls of several clients go through one connection. */
  readonly isShared: boolean;
  /**
   * Returns true if all of its clients may be told a notification of that method where nobody can say which of them it is
   * for. Asked of connections that are shared; absent: they may not.
   */
  readonly broadcasts?: (method: string) => boolean;
  /** Called with each request of a server to that client; undefined: several clients are calling, so none was asked. */
  readonly onQuestion?: (server: string, method: string, peer: Peer | undefined) => void;
}

/** Sends a notification to each client with the params that `paramsFor` gives its caller; undefined: not to that one. */
export type TellChange = (method: string, paramsFor: (caller: Caller) => JsonObject | undefined) => void;

/** The owner of connections that one client session has to itself. */
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
