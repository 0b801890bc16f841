import { clip } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { ENVELOPE_VERSIONS } from '../../core/protocol.ts';
import { UNSUPPORTED_PROTOCOL_VERSION } from '../../core/rpc.ts';
import { envelopeVersion } from './envelope.ts';

/** The answer to a request that names a revision we do not serve; the SDK looks at the first message of a connection only. */
export function unsupportedVersion(message: JsonObject): JsonObject | undefined {
  const { id, method } = message;
  const requested = envelopeVersion(message);
  if (id === undefined || method === undefined) return undefined;
  if (typeof requested !== 'string' || ENVELOPE_VERSIONS.includes(requested)) return undefined;
  const error = {
    code: UNSUPPORTED_PROTOCOL_VERSION,
    message: `Unsupported protocol version ${clip(requested, 40)}`,
    data: { supported: ENVELOPE_VERSIONS, requested },
  };
  return { jsonrpc: '2.0', id, error };
}
