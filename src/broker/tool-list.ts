import type { JsonObject } from '../core/json.ts';
import type { ToolEntry } from '../core/tool.ts';
import { estimateTokens } from '../search/estimate-tokens.ts';
import { saidOnce } from '../search/shared-parameters.ts';
import { signature } from '../search/signature.ts';

/** Most tokens of a page of a list: the whole answer stays under 1,500. */
const PAGE_TOKENS = 1_100;
/** Most characters of a signature in a list: the largest of them with which all tools fit one page is used. */
const SIGNATURE_CHARS = [300, 160, 100] as const;
/** More tools than that fit no page with their signatures. */
const MAX_SIGNED = 60;

/** What signatures are rendered by. */
export interface ListOptions {
  /** Index of the first item of the page. */
  readonly offset: number;
  readonly sharedOf: (server: string) => ReadonlySet<string>;
  readonly contentsOf: (entry: ToolEntry) => readonly string[];
}

/**
 * Returns a page of a list of tools in the order of their ids: with signatures if all tools of the list fit one page with
 * them, some twenty, else their ids alone, as many as fit. `nextOffset` is the index of the next page.
 */
export function toolPage(tools: readonly ToolEntry[], options: ListOptions): JsonObject {
  const sorted = tools.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const signed = sorted.length <= MAX_SIGNED ? withSignatures(sorted, options) : undefined;
  const ids = sorted.map(({ id }) => id);
  return { found: tools.length, ...(signed ?? page('tools', ids, options.offset)) };
}

function withSignatures(tools: readonly ToolEntry[], { offset, sharedOf, contentsOf }: ListOptions) {
  const { omitted, texts } = saidOnce(tools, sharedOf);
  const said = omitted.size > 0 ? { sharedParameters: texts } : {};
  for (const maxChars of SIGNATURE_CHARS) {
    const items = tools.map((tool) => ({
      id: tool.id,
      signature: signature(tool.definition, maxChars, {
        shared: sharedOf(tool.server),
        omitted: omitted.get(tool.server) ?? new Set(),
        contents: contentsOf(tool),
      }),
    }));
    if (estimateTokens(JSON.stringify({ ...said, items })) <= PAGE_TOKENS)
      return { tools: items.slice(offset), ...said };
  }
  return undefined;
}

/** Returns the items from `offset` on that fit a page, and the offset of the next page. */
export function page(name: string, items: readonly unknown[], offset: number): JsonObject {
  const shown: unknown[] = [];
  let tokens = 0;
  for (const item of items.slice(offset)) {
    tokens += estimateTokens(JSON.stringify(item));
    if (shown.length > 0 && tokens > PAGE_TOKENS) break;
    shown.push(item);
  }
  const next = offset + shown.length;
  return { [name]: shown, ...(next < items.length && { nextOffset: next }) };
}
