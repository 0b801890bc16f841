/**
 * Names and numbers of the protocol, as its specification gives them. They do not come from the SDK, because importing
 * it costs a start 60 ms and 20 MB, and most sessions never need it; a test compares them.
 */

/**
 * Revisions with a handshake, the newest first. A client that asks for any other revision is answered with the newest.
 */
export const HANDSHAKE_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

export const LATEST_HANDSHAKE_VERSION = HANDSHAKE_VERSIONS[0];

/** Revisions without a handshake: each request names its own in `_meta`. */
export const ENVELOPE_VERSIONS: readonly string[] = ['2026-07-28'];

/** Keys of `_meta` in the requests and results of 2026-07-28. */
export const PROTOCOL_VERSION_META_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CLIENT_INFO_META_KEY = 'io.modelcontextprotocol/clientInfo';
export const CLIENT_CAPABILITIES_META_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const LOG_LEVEL_META_KEY = 'io.modelcontextprotocol/logLevel';
export const SERVER_INFO_META_KEY = 'io.modelcontextprotocol/serverInfo';
export const SUBSCRIPTION_ID_META_KEY = 'io.modelcontextprotocol/subscriptionId';

/** Levels of log messages, the least severe first. */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** A level of log messages. */
export type ProtocolLogLevel = (typeof LOG_LEVELS)[number];

export function isLogLevel(level: unknown): level is ProtocolLogLevel {
  return severityOf(level) >= 0;
}

/** True if a level is `least` or more severe; false if it is no level. */
export function isAtLeast(level: unknown, least: ProtocolLogLevel): boolean {
  return severityOf(level) >= severityOf(least);
}

/** Returns a greater number for a more severe level; -1 for an unknown level. */
function severityOf(level: unknown): number {
  return (LOG_LEVELS as readonly unknown[]).indexOf(level);
}
