import type { Concept } from './concepts.ts';
import type { Ranking } from './ranking.ts';
import type { Tally } from './tally.ts';
import type { ToolIndex } from './tool-index.ts';

/**
 * All documents that have any word of the concepts, until the next search. Of each concept the best word counts, up to
 * saturation; the sum counts by how much of the query is covered. Scores are comparable within one query.
 */
export function retrieve(concepts: readonly Concept[], index: ToolIndex, ranking: Ranking): Tally {
  const { tally } = index;
  tally.begin(index.capacity);
  for (const concept of concepts) {
    for (const [word, weight] of concept.matches) tally.offer(index.scores(word), weight);
    tally.add(concept, ranking.saturation);
  }
  tally.end(ranking.coverage);
  return tally;
}
