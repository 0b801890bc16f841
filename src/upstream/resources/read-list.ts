import { MENDED_RESULT } from '../../core/call.ts';
import { clip } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type FetchPage, readPages } from '../../core/read-pages.ts';
import { type CacheHints, type ListSpec, nameOf, type ServerList } from './lists.ts';

/** Time in ms for which an incomplete list is used: a later reading may be complete. */
const INCOMPLETE_TTL_MS = 60_000;

/**
 * Reads every page of a list. `page` fetches one, raw. A malformed item is left out. If a page after the first cannot
 * be read, it and all later ones are left out. `report` is called with a sentence for each omission.
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
  const items = listed.map((item) => repairItem(item, spec));
  const sound = items.filter((item) => item !== undefined);
  const lost = listed.length - sound.length;
  if (lost > 0) report(`${spec.method}: ${lost} left out for want of a ${spec.required[0]}`);
  const mended = items.filter((item, at) => item !== undefined && item !== listed[at]).length;
  if (mended > 0) report(`${spec.method}: ${mended} mended, for want of a ${spec.required.join(' or a ')}`);
  return sound;
}

/**
 * Hints for several lists, or pages of one: the shortest `ttlMs`, and `private` if one is private. Each hint is given
 * only if a list has it.
 */
export function cacheHints(results: readonly { ttlMs?: unknown; cacheScope?: unknown }[]): CacheHints {
  const times = results.flatMap(({ ttlMs }) => (isDuration(ttlMs) ? [ttlMs] : []));
  const scopes = results.map(({ cacheScope }) => cacheScope);
  const cacheScope = ['private', 'public'].find((scope) => scopes.includes(scope));
  return { ...(times.length > 0 && { ttlMs: Math.min(...times) }), ...(cacheScope && { cacheScope }) };
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

const MAX_CHARS = 120;

/**
 * An item with all required members; the same object if it has them. An item may be nothing but its name, given as
 * text. A missing `name` becomes the title, or the item's identifier. `_meta` lists the changes. Undefined: nothing
 * identifies the item.
 */
function repairItem(item: unknown, { required: [key, ...others] }: ListSpec): JsonObject | undefined {
  const given = isJsonObject(item) ? item : undefined;
  const missing = [key, ...others].filter((field) => typeof given?.[field] !== 'string');
  if (missing.length === 0) return given;
  // A number is not accepted as an address: the server would be asked for a text that it does not know.
  const called = given ? (given[key] ?? addressIn(given, key)) : item;
  if (typeof called !== 'string' || called === '') return undefined;
  const title = textIn(given?.title) ?? called;
  const members = missing.map((field) => [field, field === key ? called : (textIn(given?.[field]) ?? title)] as const);
  const said = given
    ? members.map(
        ([field, text]) =>
          `${field}: ${clip(writeJson(given[field]) ?? 'nothing', MAX_CHARS)} → ${clip(text, MAX_CHARS)}`,
      )
    : [`${clip(writeJson(item), MAX_CHARS)} → an object`];
  const meta = isJsonObject(given?._meta) ? given._meta : undefined;
  return { ...given, ...Object.fromEntries(members), _meta: { ...meta, [MENDED_RESULT]: said } };
}

/**
 * The address of an item in a list that was given as a map: its keys are names, and are used if they look like
 * addresses.
 */
function addressIn({ name }: JsonObject, key: string): unknown {
  return key !== 'name' && typeof name === 'string' && /^[a-z][a-z\d+.-]*:/i.test(name) ? name : undefined;
}

function textIn(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
