import { causeOf } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Fetches one page of a list, raw, by the cursor as the server wrote it. */
export type FetchPage = (cursor: Cursor | undefined) => Promise<JsonObject>;

type Cursor = string | number;

/** What a page brought: `enough` ends the reading. */
export type Brought = 'new' | 'nothing new' | 'enough';

/** How the reading ended: with the last page, with one that was known, at our bounds, or with one that could not be read. */
export interface Pages {
  readonly pages: number;
  readonly end: 'whole' | 'repeating' | 'endless' | 'broken';
  /** Why a page could not be read. */
  readonly cause?: string;
}

/** Pages of one list that are read at most: 10,000 tools in pages of 5. */
const MAX_PAGES = 2_000;
/** Empty ones in a row: servers that filter each page of theirs have some. */
const MAX_EMPTY_PAGES = 200;

/**
 * Reads every page of a list: `member` of each result is handed to `take`. Rejects when the first page cannot be read;
 * a later one costs itself and those after it, to which only it would have led. A cursor that comes again leads to what
 * is known already.
 */
export async function readPages(
  method: string,
  member: string,
  page: FetchPage,
  take: (listed: readonly unknown[], result: JsonObject) => Brought,
): Promise<Pages> {
  const cursors = new Set<Cursor>();
  let empty = 0;
  for (let cursor: Cursor | undefined, pages = 1; ; pages++) {
    let result: JsonObject;
    let listed: readonly unknown[];
    try {
      result = await page(cursor);
      listed = listIn(result, method, member);
    } catch (error) {
      if (cursor === undefined) throw error;
      return { pages, end: 'broken', cause: causeOf(error) };
    }
    empty = listed.length === 0 ? empty + 1 : 0;
    const brought = take(listed, result);
    const next = cursorIn(result);
    // A page that brings nothing new is one that was read before: some servers give the same cursor for ever.
    if (next === undefined) return { pages, end: 'whole' };
    if (cursors.has(next) || brought === 'nothing new') return { pages, end: 'repeating' };
    if (brought === 'enough' || pages === MAX_PAGES || empty === MAX_EMPTY_PAGES) return { pages, end: 'endless' };
    cursors.add(next);
    cursor = next;
  }
}

/** Where the list goes on. Servers also write an empty text, or null, at its end, and numbers for cursors. */
function cursorIn({ nextCursor }: JsonObject): Cursor | undefined {
  return (typeof nextCursor === 'string' && nextCursor !== '') || typeof nextCursor === 'number'
    ? nextCursor
    : undefined;
}

/** An empty list is null for some languages. */
function listIn(result: JsonObject, method: string, member: string): readonly unknown[] {
  const listed = isJsonObject(result) ? result[member] : undefined;
  if (listed === null) return [];
  if (Array.isArray(listed)) return listed;
  throw new Error(`${method} answered without a list of ${member}`);
}
