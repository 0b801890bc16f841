import type { Concept } from './concepts.ts';
import type { Ranking } from './ranking.ts';
import type { ToolIndex } from './tool-index.ts';

/** Documents with what they are worth, in no particular order; worth is comparable within one query. */
export interface Retrieved {
  readonly documents: readonly number[];
  /** By document. */
  readonly scores: Float64Array;
}

/**
 * All documents that have any word of the concepts. Of each concept the best word counts, up to saturation; the sum
 * counts by how much of the query is covered.
 */
export function retrieve(concepts: readonly Concept[], index: ToolIndex, ranking: Ranking): Retrieved {
  const scores = new Float64Array(index.capacity);
  const covered = new Float64Array(index.capacity);
  const best = bestWord(index.capacity);
  const documents: number[] = [];
  for (const { matches, rarity, importance } of concepts) {
    for (const document of best.find(matches, index)) {
      if (covered[document] === 0) documents.push(document);
      const strength = (best.scores[document] ?? 0) / rarity;
      scores[document] = (scores[document] ?? 0) + (importance * strength) / (strength + ranking.saturation);
      covered[document] = (covered[document] ?? 0) + importance * Math.sqrt(best.weights[document] ?? 0);
    }
    best.clear();
  }
  for (const document of documents) {
    scores[document] = (scores[document] ?? 0) * (covered[document] ?? 0) ** ranking.coverage;
  }
  return { documents, scores };
}

// Of the words that stand for one concept, the best in each document.
function bestWord(capacity: number) {
  const scores = new Float64Array(capacity);
  const weights = new Float64Array(capacity);
  const found: number[] = [];
  return {
    scores,
    weights,
    find(matches: Concept['matches'], index: ToolIndex): readonly number[] {
      for (const [word, weight] of matches) {
        const { documents, scores: own } = index.scores(word);
        for (let at = 0; at < documents.length; at++) {
          const document = documents[at] ?? 0;
          const score = weight * (own[at] ?? 0);
          if (weights[document] === 0) found.push(document);
          if (score > (scores[document] ?? 0)) scores[document] = score;
          if (weight > (weights[document] ?? 0)) weights[document] = weight;
        }
      }
      return found;
    },
    clear(): void {
      for (const document of found) {
        scores[document] = 0;
        weights[document] = 0;
      }
      found.length = 0;
    },
  };
}
