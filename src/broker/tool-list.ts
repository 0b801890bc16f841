import type { JsonObject } from '../core/json.ts';
import type { ToolEntry } from '../core/tool.ts';
import { estimateTokens } from '../search/estimate-tokens.ts';
import { type SaidOnce, saidOnce } from '../search/shared-parameters.ts';
import { signature } from '../search/signature.ts';

/** Most tokens of a page of a list: the whole answer stays under 1,500. */
const PAGE_TOKENS = 1_100;
/** Most characters of a signature in a list: the largest of them with which all tools fit one page is used. */
const SIGNATURE_CHARS = [300, 160, 100] as const;
/** Tokens of the shortest id with its signature. */
const MIN_TOKENS = 10;

/** The page that a caller asks for, and the facts about tools by which signatures are rendered. */
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
  const signed = sorted.length * MIN_TOKENS <= PAGE_TOKENS ? withSignatures(sorted, options) : undefined;
  const ids = sorted.map(({ id }) => id);
  return { found: tools.length, ...(signed ?? page('tools', ids, options.offset)) };
}

/** Returns the list from `offset` on with signatures; undefined if the whole list does not fit one page with them. */
function withSignatures(tools: readonly ToolEntry[], options: ListOptions): JsonObject | undefined {
  const said = saidOnce(tools, options.sharedOf);
  const shared = said.omitted.size > 0 ? { sharedParameters: said.texts } : {};
  for (const maxChars of SIGNATURE_CHARS) {
    const items = signed(tools, said, maxChars, options);
    if (items) return { tools: items.slice(options.offset), ...shared };
  }
  return undefined;
}

function signed(tools: readonly ToolEntry[], said: SaidOnce, maxChars: number, { sharedOf, contentsOf }: ListOptions) {
  const items: { id: string; signature: string }[] = [];
  let tokens = estimateTokens(JSON.stringify(said.texts));
  for (const tool of tools) {
    const known = { shared: sharedOf(tool.server), omitted: said.omitted.get(tool.server), contents: contentsOf(tool) };
    const item = { id: tool.id, signature: signature(tool.definition, maxChars, known) };
    tokens += estimateTokens(`${JSON.stringify(item)},`);
    if (tokens > PAGE_TOKENS) return undefined;
    items.push(item);
  }
  return items;
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
