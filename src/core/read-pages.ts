import { causeOf } from './errors.ts';
import { sourceOf, withNumber, writeJson } from './exact-json.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Fetches one page of a list, raw, by the parameters that lead to it: none, or the cursor as the server wrote it. */
export type FetchPage = (params: JsonObject) => Promise<JsonObject>;

/** The outcome of one page: `enough` ends the reading. */
export type Brought = 'new' | 'nothing new' | 'enough';

/** The end of a reading: with the last page, with one that was known, at our bounds, or with one that could not be read. */
export interface Pages {
  readonly pages: number;
  readonly end: 'whole' | 'repeating' | 'endless' | 'broken';
  /** Which pages could not be read, and why. */
  readonly missing?: string;
}

/** Pages of one list that are read at most: 10,000 tools in pages of 5. */
const MAX_PAGES = 2_000;
/** Empty ones in a row: servers that filter each page of theirs have some. */
const MAX_EMPTY_PAGES = 200;

/**
 * Reads every page of a list: `member` of each result is handed to `take`. Rejects when no page can be read. One without a
 * list costs itself; one that does not come, itself and those after it, to which only it would have led. A cursor that comes
 * again leads to what is known already.
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
    // A page that brings nothing new is one that was read before: some servers give the same cursor for ever.
    const cursor = writeJson(after);
    if (cursors.has(cursor) || brought === 'nothing new') return ended('repeating', pages);
    if (brought === 'enough' || pages === MAX_PAGES || empty === MAX_EMPTY_PAGES) return ended('endless', pages);
    cursors.add(cursor);
    params = after;
  }
}

/**
 * What leads to the page after this one. Servers also write an empty text, null, false, an empty object or list at the end,
 * and numbers or objects for cursors: those go back to them as they came.
 */
function paramsAfter(result: JsonObject): JsonObject | undefined {
  const { nextCursor: cursor } = result;
  if (cursor === undefined || cursor === null || cursor === '' || cursor === false) return undefined;
  if (typeof cursor === 'object' && Object.keys(cursor).length === 0) return undefined;
  const source = sourceOf(result, 'nextCursor');
  return source === undefined ? { cursor } : withNumber({}, 'cursor', source);
}

/** An empty list is null for some languages; some servers give a map by name. */
function listIn(result: JsonObject, member: string): readonly unknown[] | undefined {
  const listed = isJsonObject(result) ? result[member] : undefined;
  if (listed === null) return [];
  if (Array.isArray(listed)) return listed;
  if (!isJsonObject(listed) || !Object.values(listed).every(isJsonObject)) return undefined;
  return Object.entries(listed).map(([name, item]) => ({ name, ...(item as JsonObject) }));
}
