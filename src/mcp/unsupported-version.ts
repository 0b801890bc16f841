import { type JSONRPCMessage, PROTOCOL_VERSION_META_KEY, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { isJsonObject } from '../core/json.ts';

/** Revisions without a handshake that are served, by the version that each request names. */
const SUPPORTED = ['2026-07-28'];

/** The answer to a request that names a revision we do not serve; the SDK looks at the first message of a connection only. */
export function unsupportedVersion(message: JSONRPCMessage): JSONRPCMessage | undefined {
  if (!('method' in message) || !('id' in message)) return undefined;
  const meta = message.params?._meta;
  const requested = isJsonObject(meta) ? meta[PROTOCOL_VERSION_META_KEY] : undefined;
  if (typeof requested !== 'string' || SUPPORTED.includes(requested)) return undefined;
  const error = {
    code: ProtocolErrorCode.UnsupportedProtocolVersion,
    message: `Unsupported protocol version ${requested.slice(0, 40)}`,
    data: { supported: SUPPORTED, requested },
  };
  return { jsonrpc: '2.0', id: message.id, error };
}
