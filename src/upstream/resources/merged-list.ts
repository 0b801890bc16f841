import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Answer, INVALID_PARAMS } from '../../core/rpc.ts';
import { type CacheHints, type ListSpec, nameOf, type ServerList } from './lists.ts';
import { cacheHints } from './read-list.ts';

/** An item of a server, under the name that this server gives it. */
export interface Target {
  readonly server: string;
  readonly original: string;
}

/** The items of several servers as one list. */
export interface MergedList {
  /** The items as received, except for names that were taken. */
  readonly items: readonly JsonObject[];
  /** Targets by the name that clients see. */
  readonly byName: ReadonlyMap<string, Target>;
  /** The name that clients see for an item of a server; undefined if the server does not list it. */
  nameFor(server: string, original: string): string | undefined;
  readonly hints: CacheHints;
  /** Equal for lists with the same names in the same order. */
  readonly fingerprint: string;
}

/**
 * Merges lists in the given order: the first server keeps a name, and a later one gets another. A server also gets
 * another name if its own is reserved for another of the configured `keys`, running or not.
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

/**
 * A free name. The loop ends, because each name is longer than the one before, and the taken names and keys are finite.
 */
function freeName(spec: ListSpec, server: string, original: string, isFree: (name: string) => boolean): string {
  let name = original;
  while (!isFree(name)) name = spec.rename(server, name);
  return name;
}

/** Most items of a page, and most characters of their JSON: well under the 10 MiB at which clients drop a line. */
const MAX_ITEMS = 200;
const MAX_CHARACTERS = 1_000_000;

/**
 * One page of a merged list, from the start or from one of our cursors. `shown` maps each item. Answers an error to a
 * foreign cursor.
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

/** Index after the last item of the page; at least one item, however large. */
function endOfPage(items: readonly JsonObject[], start: number): number {
  let characters = 0;
  for (let end = start; end < items.length; end++) {
    characters += JSON.stringify(items[end]).length;
    if (end > start && (characters > MAX_CHARACTERS || end - start >= MAX_ITEMS)) return end;
  }
  return items.length;
}

/** Member of `_meta` with remarks on an item. Only the gateway writes it: a value from the server is removed. */
const WARNINGS = 'mcp-gateway/warnings';

/** The item with the remarks in its `_meta`; otherwise as received. */
export function withRemarks(item: JsonObject, remarks: readonly string[]): JsonObject {
  const { [WARNINGS]: forged, ...meta } = isJsonObject(item._meta) ? item._meta : {};
  if (remarks.length === 0 && forged === undefined) return item;
  return { ...item, _meta: { ...meta, ...(remarks.length > 0 && { [WARNINGS]: remarks }) } };
}
