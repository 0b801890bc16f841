import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** Where clients and models find what to know of an item: ours alone, whatever its server writes there. */
const WARNINGS = 'mcp-gateway/warnings';

/** An item of a list as its server lists it, with what to know of it beside it in `_meta`. */
export function withRemarks(item: JsonObject, remarks: readonly string[]): JsonObject {
  const { [WARNINGS]: forged, ...meta } = isJsonObject(item._meta) ? item._meta : {};
  if (remarks.length === 0 && forged === undefined) return item;
  return { ...item, _meta: { ...meta, ...(remarks.length > 0 && { [WARNINGS]: remarks }) } };
}
