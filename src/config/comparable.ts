import { isJsonObject } from '../core/json.ts';

/**
 * A copy in which each member `length` that is an array or object is undefined, as wrong in any field of ours: zod compares a
 * `length` with a number whatever it belongs to, and throws where it cannot: `{"length": {"toString": 1}}`.
 */
export function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([key, item]) => [key, key === 'length' ? scalar(item) : comparable(item)]);
  return Object.fromEntries(fields);
}

function scalar(value: unknown): unknown {
  return typeof value === 'object' ? undefined : value;
}
