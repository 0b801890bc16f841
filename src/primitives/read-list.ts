import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type CacheHints, type ListSpec, nameOf, type ServerList } from './lists.ts';

/** Pages of one list that are read at most. */
const MAX_PAGES = 2_000;

/**
 * Reads every page of a list. `page` fetches one, raw. A malformed item costs that item only; a cursor that repeats, or
 * a page that brings nothing new, ends the reading. `report` is told what was left out, a sentence each.
 */
export async function readList(
  spec: ListSpec,
  page: (cursor: string | undefined) => Promise<JsonObject>,
  report: (problem: string) => void,
): Promise<ServerList> {
  const items: JsonObject[] = [];
  const results: JsonObject[] = [];
  const names = new Set<string>();
  const cursors = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const result = await page(cursor);
    const found = wellFormed(result, spec, report);
    results.push(result);
    const isOld = found.length > 0 && found.every((item) => names.has(nameOf(item, spec)));
    if (!isOld) items.push(...found);
    for (const item of found) names.add(nameOf(item, spec));
    const { nextCursor } = result;
    if (typeof nextCursor !== 'string') break;
    if (isOld || cursors.has(nextCursor) || results.length >= MAX_PAGES) {
      report(`${spec.method} was stopped after ${results.length} pages: its cursor does not come to an end`);
      break;
    }
    cursors.add(nextCursor);
    cursor = nextCursor;
  }
  return { items, ...cacheHints(results) };
}

function wellFormed(result: JsonObject, spec: ListSpec, report: (problem: string) => void): JsonObject[] {
  const listed = result[spec.member];
  if (!Array.isArray(listed)) throw new Error(`${spec.method} answered without a list of ${spec.member}`);
  const sound = listed.filter((item): item is JsonObject => isJsonObject(item) && isComplete(item, spec));
  const lost = listed.length - sound.length;
  if (lost > 0) report(`${spec.method}: ${lost} left out for want of a ${spec.required.join(' or a ')}`);
  return sound;
}

function isComplete(item: JsonObject, { required }: ListSpec): boolean {
  return required.every((field) => typeof item[field] === 'string');
}

/** Of several lists, or pages of one: the shortest `ttlMs`, and `private` if one is; each only if one says so. */
export function cacheHints(results: readonly { ttlMs?: unknown; cacheScope?: unknown }[]): CacheHints {
  const times = results.flatMap(({ ttlMs }) => (isDuration(ttlMs) ? [ttlMs] : []));
  const scopes = results.map(({ cacheScope }) => cacheScope);
  const cacheScope = ['private', 'public'].find((scope) => scopes.includes(scope));
  return { ...(times.length > 0 && { ttlMs: Math.min(...times) }), ...(cacheScope && { cacheScope }) };
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
