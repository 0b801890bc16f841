import { clip } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import {
  ENVELOPE_VERSIONS,
  HANDSHAKE_VERSIONS,
  LATEST_HANDSHAKE_VERSION,
  PROTOCOL_VERSION_META_KEY,
} from '../../core/protocol.ts';
import { UNSUPPORTED_PROTOCOL_VERSION } from '../../core/rpc.ts';
import { GATEWAY_INFO } from '../../version.ts';
import { type ClientMessage, readMessage } from './json-rpc.ts';

export const CAPABILITIES = {
  tools: {},
  logging: {},
  completions: {},
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
};

/**
 * The fault of the params of an `initialize`; undefined: none. Null counts as absent, because some clients send it so.
 */
export function initializeProblem({ protocolVersion, capabilities, clientInfo }: JsonObject): string | undefined {
  if (typeof protocolVersion !== 'string') return 'params.protocolVersion: expected a string';
  if (!isJsonObject(capabilities ?? {})) return 'params.capabilities: expected an object';
  return isJsonObject(clientInfo ?? {}) ? undefined : 'params.clientInfo: expected an object';
}

/** The result of a valid `initialize`: the requested revision if we speak it, else the newest with a handshake. */
export function initializeResult({ protocolVersion }: JsonObject, instructions: string): JsonObject {
  const version = HANDSHAKE_VERSIONS.find((each) => each === protocolVersion) ?? LATEST_HANDSHAKE_VERSION;
  return { protocolVersion: version, capabilities: CAPABILITIES, serverInfo: GATEWAY_INFO, instructions };
}

/**
 * The protocol revision in a message's `_meta`, where 2026-07-28 has it; undefined: a message of the revisions with a
 * handshake.
 */
export function envelopeVersion(message: JsonObject): unknown {
  return readMessage(message).meta[PROTOCOL_VERSION_META_KEY];
}

/**
 * The error answer to a request that names a revision which we do not serve, else undefined. The SDK checks only the
 * first message of a connection.
 */
export function unsupportedVersion({ id, method, meta }: ClientMessage): JsonObject | undefined {
  const requested = meta[PROTOCOL_VERSION_META_KEY];
  if (id === undefined || method === undefined) return undefined;
  if (typeof requested !== 'string' || ENVELOPE_VERSIONS.includes(requested)) return undefined;
  const error = {
    code: UNSUPPORTED_PROTOCOL_VERSION,
    message: `Unsupported protocol version ${clip(requested, 40)}`,
    data: { supported: ENVELOPE_VERSIONS, requested },
  };
  return { jsonrpc: '2.0', id, error };
}
