import { clip } from '../core/errors.ts';
import type { ToolEntry } from '../core/tool.ts';
import { estimateTokens } from '../search/estimate-tokens.ts';

/** Most of the budget that the warnings of all hits take in full; hits without room for them would be lost. */
const MAX_WARNINGS_SHARE = 0.3;
/** Most characters of the warnings of a tool that are shortened. */
const MAX_BRIEF_CHARS = 120;

/**
 * Returns the remarks on those hits that have any, by id: in full if they take at most three tenths of the answer's
 * budget, else the beginning of those of each tool.
 */
export function warningsOf(
  hits: readonly { readonly entry: ToolEntry }[],
  remarks: (tool: ToolEntry) => readonly string[],
  budgetTokens: number,
): ReadonlyMap<string, readonly string[]> {
  const all = hits.map(({ entry }) => [entry.id, remarks(entry)] as const).filter(([, said]) => said.length > 0);
  const maxTokens = budgetTokens * MAX_WARNINGS_SHARE;
  if (all.length === 0 || estimateTokens(JSON.stringify(all.map(([, said]) => said))) <= maxTokens) return new Map(all);
  return new Map(all.map(([id, said]) => [id, [`${clip(said.join(' '), MAX_BRIEF_CHARS)} (describe tells all)`]]));
}
