import { isJsonObject } from './json.ts';

/** Unknown members that are looked at: enough to say what is wrong. */
const FEW = 20;

/**
 * An object without most of the members that nobody knows: each would be a problem with a text of its own, and a hundred
 * thousand of them take seconds to tell. What is no object, and one with few members, stays as it is.
 */
export function withFewUnknown(value: unknown, known: readonly string[]): unknown {
  if (!isJsonObject(value)) return value;
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length <= FEW) return value;
  const kept = [...known.filter((key) => Object.hasOwn(value, key)), ...unknown.slice(0, FEW)];
  return Object.fromEntries(kept.map((key) => [key, value[key]]));
}
