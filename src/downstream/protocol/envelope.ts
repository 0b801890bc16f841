import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { PROTOCOL_VERSION_META_KEY } from '../../core/protocol.ts';

/** The revision that a message names for itself, as 2026-07-28 wants; undefined in messages of clients with a handshake. */
export function envelopeVersion({ params }: JsonObject): unknown {
  const meta = isJsonObject(params) ? params._meta : undefined;
  return isJsonObject(meta) ? meta[PROTOCOL_VERSION_META_KEY] : undefined;
}
