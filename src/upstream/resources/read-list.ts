import type { JsonObject } from '../../core/json.ts';
import { type FetchPage, readPages } from '../../core/read-pages.ts';
import { type CacheHints, type ListSpec, nameOf, type ServerList } from './lists.ts';
import { soundItem } from './sound-item.ts';

/** How long a list that lacks pages counts, in ms: the next who asks may have more luck. */
const INCOMPLETE_TTL_MS = 60_000;

/**
 * Reads every page of a list. `page` fetches one, raw. A malformed item costs that item only, and a page after the first
 * that cannot be read, itself and those after it. `report` is told what was left out, a sentence each.
 */
export async function readList(
  spec: ListSpec,
  page: FetchPage,
  report: (problem: string) => void,
): Promise<ServerList> {
  const items: JsonObject[] = [];
  const results: JsonObject[] = [];
  const names = new Set<string>();
  const { pages, end, missing } = await readPages(spec.method, spec.member, page, (listed, result) => {
    const found = wellFormed(listed, spec, report);
    results.push(result);
    if (found.length > 0 && found.every((item) => names.has(nameOf(item, spec)))) return 'nothing new';
    items.push(...found);
    for (const item of found) names.add(nameOf(item, spec));
    return 'new';
  });
  if (missing !== undefined) report(`${spec.method} is incomplete: ${missing}`);
  if (end === 'repeating' || end === 'endless')
    report(`${spec.method} was stopped after ${pages} pages: its cursor does not come to an end`);
  return { items, ...cacheHints(results), ...(missing !== undefined && { ttlMs: INCOMPLETE_TTL_MS }) };
}

function wellFormed(listed: readonly unknown[], spec: ListSpec, report: (problem: string) => void): JsonObject[] {
  const items = listed.map((item) => soundItem(item, spec));
  const sound = items.filter((item) => item !== undefined);
  const lost = listed.length - sound.length;
  if (lost > 0) report(`${spec.method}: ${lost} left out for want of a ${spec.required[0]}`);
  const mended = items.filter((item, at) => item !== undefined && item !== listed[at]).length;
  if (mended > 0) report(`${spec.method}: ${mended} mended, for want of a ${spec.required.join(' or a ')}`);
  return sound;
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
