/** Any JSON object. What upstreams send keeps this type on its way through: we never narrow what we only pass on. */
export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
