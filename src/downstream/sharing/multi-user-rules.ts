import type { Peer } from '../../core/peer.ts';
import type { SharingRules } from './sharing.ts';

/**
 * Clients that must not see what the others do. All share, except those that can be asked something or want log messages:
 * before 2026-07-28 a server does not say which call its question or message is about, so on a shared connection one
 * client would be shown what another one does.
 */
export const MULTI_USER_RULES: SharingRules = {
  identity: { capabilities: {} },
  isOnePerson: false,
  wantsOwn,
  keepsApart({ config, connection }, peer) {
    if (config.shared !== undefined) return !config.shared;
    if (!peer || !wantsOwn(peer)) return false;
    // A server of 2026-07-28 asks in its answer to the call; its log messages belong to no call all the same.
    const isModern = config.protocol === '2026-07-28' || connection?.modern === true;
    return !isModern || peer.logLevel !== undefined;
  },
  entryFor: (server) => server,
  asked: () => {},
};

function wantsOwn({ identity, logLevel }: Peer): boolean {
  return logLevel !== undefined || Object.keys(identity.capabilities).length > 0;
}
