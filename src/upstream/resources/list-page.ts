import type { JsonObject } from '../../core/json.ts';
import { type Answer, INVALID_PARAMS } from '../../core/rpc.ts';
import type { MergedList } from './merge-lists.ts';

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
