import { causeOf } from './errors.ts';
import { sourceOf, withNumber, writeJson } from './exact-json.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/**
 * Fetches one page of a list, raw. `params` is empty for the first page, then holds the cursor as the server wrote it.
 */
export type FetchPage = (params: JsonObject) => Promise<JsonObject>;

/** The outcome of one page; `enough` ends the reading. */
export type Brought = 'new' | 'nothing new' | 'enough';

/**
 * The end of a reading: `whole` with the last page, `repeating` with a known page, `endless` at our bounds, `broken` if
 * a page could not be read.
 */
export interface Pages {
  readonly pages: number;
  readonly end: 'whole' | 'repeating' | 'endless' | 'broken';
  /** The pages that could not be read, with the reason; absent: all could be read. */
  readonly missing?: string;
}

/** Most pages of one list that are read: enough for 10,000 tools in pages of 5. */
const MAX_PAGES = 2_000;
/** Most empty pages in a row: servers that filter each page have some. */
const MAX_EMPTY_PAGES = 200;

/**
 * Reads every page of a list and hands `member` of each result to `take`. Rejects if no page can be read. A page
 * without a list is skipped. If a page cannot be fetched, the reading ends, since only that page has the cursor of the
 * next. It also ends at a cursor that came before.
 */
export async function readPages(
  method: string,
  member: string,
  page: FetchPage,
  take: (listed: readonly unknown[], result: JsonObject) => Brought,
): Promise<Pages> {
  const cursors = new Set<string>();
  const lost: string[] = [];
  const ended = (end: Pages['end'], pages: number): Pages => {
    if (lost.length === 0) return { pages, end };
    const more = lost.length > 1 ? `, nor could ${lost.length - 1} more` : '';
    return { pages, end: end === 'whole' ? 'broken' : end, missing: `${lost[0]}${more}` };
  };
  let empty = 0;
  for (let params: JsonObject = {}, pages = 1; ; pages++) {
    const result = await page(params).catch((error: unknown) => {
      if (lost.length === pages - 1) throw error; // nothing was read so far
      lost.push(`page ${pages} could not be read (${causeOf(error)})`);
    });
    if (!result) return ended('broken', pages);
    const listed = listIn(result, member);
    const after = paramsAfter(result);
    const problem = `${method} answered without a list of ${member}`;
    if (!listed) lost.push(`page ${pages} could not be read (${problem})`);
    if (lost.length === pages && !after) throw new Error(problem);
    empty = listed === undefined || listed.length === 0 ? empty + 1 : 0;
    const brought = listed ? take(listed, result) : 'new';
    if (!after) return ended('whole', pages);
    // A page without anything new was read before: some servers give the same cursor for ever.
    const cursor = writeJson(after);
    if (cursors.has(cursor) || brought === 'nothing new') return ended('repeating', pages);
    if (brought === 'enough' || pages === MAX_PAGES || empty === MAX_EMPTY_PAGES) return ended('endless', pages);
    cursors.add(cursor);
    params = after;
  }
}

/**
 * Returns the params of the next page; undefined at the end. Servers also mark the end with an empty text, null, false,
 * or an empty object or list. Some use numbers or objects as cursors: these go back to them as they came.
 */
function paramsAfter(result: JsonObject): JsonObject | undefined {
  const { nextCursor: cursor } = result;
  if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return undefined;
  if (typeof cursor === 'object' && Object.keys(cursor).length === 0) return undefined;
  const source = sourceOf(result, 'nextCursor');
  return source === undefined ? { cursor } : withNumber({}, 'cursor', source);
}

/**
 * Returns the list in a result; undefined if it has none. Some languages write an empty list as null, and some servers
 * send a map by name.
 */
function listIn(result: JsonObject, member: string): readonly unknown[] | undefined {
  const listed = isJsonObject(result) ? result[member] : undefined;
  if (listed === null) return [];
  if (Array.isArray(listed)) return listed;
  if (!isJsonObject(listed) || !Object.values(listed).every(isJsonObject)) return undefined;
  return Object.entries(listed).map(([name, item]) => ({ name, ...(item as JsonObject) }));
}
