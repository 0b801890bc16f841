import type { ToolEntry } from '../../core/tool.ts';

/** A tool with its score; a higher score is better. */
export interface Fused {
  readonly entry: ToolEntry;
  readonly score: number;
}

export interface FuseOptions {
  /** Share of the semantic score, 0 to 1; the rest is the share of the word score. */
  readonly weight: number;
  /** Most tools to return. */
  readonly limit: number;
}

/** Strength of the least similar tool in `similar`; the most similar has 1, and tools outside of it have 0. */
const LEAST = 0.1;

/**
 * Merges hits by words with semantically similar tools: scores from 0 to 1, best first, ties by id. Each score is
 * relative: to the best hit by words, and to the range of similarities, which differs much between models.
 */
export function fuse(
  hits: readonly Fused[],
  similar: ReadonlyMap<string, number>,
  entryOf: (id: string) => ToolEntry | undefined,
  { weight, limit }: FuseOptions,
): Fused[] {
  const top = hits.reduce((most, { score }) => Math.max(most, score), 0);
  const byWords = new Map(hits.map(({ entry, score }) => [entry.id, top > 0 ? score / top : 0]));
  const byMeaning = strengths(similar);
  const entries = new Map(hits.map(({ entry }) => [entry.id, entry]));
  return [...new Set([...byWords.keys(), ...byMeaning.keys()])]
    .flatMap((id): Fused[] => {
      const entry = entries.get(id) ?? entryOf(id);
      const score = (1 - weight) * (byWords.get(id) ?? 0) + weight * (byMeaning.get(id) ?? 0);
      return entry ? [{ entry, score }] : [];
    })
    .sort((a, b) => b.score - a.score || (a.entry.id < b.entry.id ? -1 : 1))
    .slice(0, limit);
}

function strengths(similar: ReadonlyMap<string, number>): Map<string, number> {
  const most = Math.max(...similar.values());
  const range = most - Math.min(...similar.values());
  const strength = (similarity: number) => 1 - (range > 0 ? ((most - similarity) / range) * (1 - LEAST) : 0);
  return new Map([...similar].map(([id, similarity]) => [id, strength(similarity)]));
}
