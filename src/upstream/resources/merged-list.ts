import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Answer, INVALID_PARAMS } from '../../core/rpc.ts';
import { type CacheHints, type ListSpec, nameOf, type ServerList } from './lists.ts';
import { cacheHints } from './read-list.ts';

/** Whose something is, and what that server calls it. */
export interface Target {
  readonly server: string;
  readonly original: string;
}

/** The items of several servers as one list. */
export interface MergedList {
  /** Each as its server lists it, but for the name where that was taken. */
  readonly items: readonly JsonObject[];
  /** By the name that clients see. */
  readonly byName: ReadonlyMap<string, Target>;
  /** The name that clients see of a server's item; undefined if that server does not list it. */
  nameFor(server: string, original: string): string | undefined;
  readonly hints: CacheHints;
  /** Equal for lists with the same names in the same order. */
  readonly fingerprint: string;
}

/**
 * Merges in the order given: the first server keeps a name, a later one gets another for the same. So does a server for a
 * name that is kept for another of the configuration's `keys`, whether that runs or not.
 */
export function mergeLists(
  spec: ListSpec,
  lists: readonly (readonly [server: string, list: ServerList])[],
  keys: readonly string[],
): MergedList {
  const byName = new Map<string, Target>();
  const namesOf = new Map<string, Map<string, string>>();
  const items: JsonObject[] = [];
  const hash = createHash('sha256');
  for (const [server, list] of lists) {
    const names = new Map<string, string>();
    namesOf.set(server, names);
    for (const item of list.items) {
      const original = nameOf(item, spec);
      const isFree = (name: string) => !byName.has(name) && !spec.isReserved(server, name, keys);
      const name = names.get(original) ?? freeName(spec, server, original, isFree);
      const shown = name === original ? item : { ...item, [spec.required[0]]: name };
      if (!names.has(original)) byName.set(name, { server, original });
      names.set(original, name);
      items.push(shown);
      hash.update(`${JSON.stringify(name)}\n`);
    }
  }
  const nameFor = (server: string, original: string) => namesOf.get(server)?.get(original);
  const hints = cacheHints(lists.map(([, list]) => list));
  return { items, byName, nameFor, hints, fingerprint: hash.digest('base64url').slice(0, 16) };
}

/** Ends, since each name is longer than the one before, and there are so many names and keys only. */
function freeName(spec: ListSpec, server: string, original: string, isFree: (name: string) => boolean): string {
  let name = original;
  while (!isFree(name)) name = spec.rename(server, name);
  return name;
}

/** Size of a page: items, and characters of their JSON, well under the 10 MiB at which clients give up a line. */
const MAX_ITEMS = 200;
const MAX_CHARACTERS = 1_000_000;

/**
 * One page of a merged list, at the start or where a cursor of ours points, each item as `shown` makes it. Answers an error to
 * any other cursor.
 */
export function listPage(
  list: MergedList,
  member: string,
  cursor: unknown,
  shown: (item: JsonObject) => JsonObject = (item) => item,
): Answer {
  const start = cursor === undefined ? 0 : offsetOf(cursor, list);
  if (start === undefined) {
    return {
      error: { code: INVALID_PARAMS, message: 'Invalid cursor: unknown, or the list has changed since; list anew' },
    };
  }
  const end = endOfPage(list.items, start);
  const nextCursor = end < list.items.length && `${end}.${list.fingerprint}`;
  const items = list.items.slice(start, end).map(shown);
  return { result: { [member]: items, ...(nextCursor && { nextCursor }), ...list.hints } };
}

function offsetOf(cursor: unknown, { items, fingerprint }: MergedList): number | undefined {
  const [, offset, of] = /^([1-9]\d{0,8})\.(.+)$/.exec(typeof cursor === 'string' ? cursor : '') ?? [];
  return of === fingerprint && Number(offset) < items.length ? Number(offset) : undefined;
}

/** At least one item, however large. */
function endOfPage(items: readonly JsonObject[], start: number): number {
  let characters = 0;
  for (let end = start; end < items.length; end++) {
    characters += JSON.stringify(items[end]).length;
    if (end > start && (characters > MAX_CHARACTERS || end - start >= MAX_ITEMS)) return end;
  }
  return items.length;
}

/** Where clients and models find what to know of an item: ours alone, whatever its server writes there. */
const WARNINGS = 'mcp-gateway/warnings';

/** An item of a list as its server lists it, with what to know of it beside it in `_meta`. */
export function withRemarks(item: JsonObject, remarks: readonly string[]): JsonObject {
  const { [WARNINGS]: forged, ...meta } = isJsonObject(item._meta) ? item._meta : {};
  if (remarks.length === 0 && forged === undefined) return item;
  return { ...item, _meta: { ...meta, ...(remarks.length > 0 && { [WARNINGS]: remarks }) } };
}
