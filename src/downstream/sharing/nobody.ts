import type { ClientIdentity, Peer } from '../../core/peer.ts';
import { METHOD_NOT_FOUND } from '../../core/rpc.ts';

/** A way back to nobody, for connections that no client holds. */
export function nobody(identity: ClientIdentity): Peer {
  const message = 'the client can be asked during a call only';
  return {
    identity,
    takesInputRequired: false,
    request: async () => ({ error: { code: METHOD_NOT_FOUND, message } }),
    notify: () => {},
  };
}
