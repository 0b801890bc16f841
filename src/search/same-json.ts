import { isJsonObject, type JsonObject } from '../core/json.ts';

/** Levels that are compared: no schema that anyone writes is deeper, and what an upstream sends must not exhaust the stack. */
const MAX_DEPTH = 100;

/** Whether two JSON values are equal, whatever the order of their keys; deeper than 100 levels they never are. */
export function sameJson(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b, depth + 1);
  return isJsonObject(a) && isJsonObject(b) && sameMembers(a, b, depth + 1);
}

function sameItems(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  return a.length === b.length && a.every((item, at) => sameJson(item, b[at], depth));
}

function sameMembers(a: JsonObject, b: JsonObject, depth: number): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key], depth));
}
