import type { Peer } from '../../core/peer.ts';
import type { SharingRules } from './sharing-rules.ts';

/**
 * Clients that must not see what the others do. All share, except those that can be asked something or want log messages:
 * before 2026-07-28 a server does not say which call its question or message is about, so on a shared connection one
 * client would be shown what another one does.
 */
export const MULTI_USER_RULES: SharingRules = {
  identity: { capabilities: {} },
  // A server may have more tools for a client that can do more.
  learnsPerClient: true,
  ownForLogs: true,
  // What a server logs for one client is none of the others' business.
  logLevelFor: () => undefined,
  broadcasts: (method) => method.endsWith('/list_changed'),
  wantsOwn,
  keepsApart({ config, connection }, peer) {
    if (config.shared !== undefined) return !config.shared;
    if (!peer || !wantsOwn(peer)) return false;
    // A server of 2026-07-28 asks in its answer to the call; its log messages belong to no call all the same.
    const isModern = config.protocol === '2026-07-28' || connection?.modern === true;
    return !isModern || peer.logLevel !== undefined;
  },
  entryFor: (server) => server,
  onQuestion: () => {},
};

function wantsOwn({ identity, logLevel }: Peer): boolean {
  return logLevel !== undefined || Object.keys(identity.capabilities).length > 0;
}
