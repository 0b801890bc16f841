import type { Peer } from '../../core/peer.ts';
import type { SharingRules } from './sharing-rules.ts';

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
