import type { ToolEntry } from '../core/tool.ts';
import { Best } from './best.ts';
import { conceptsOf } from './concepts.ts';
import { type Features, featuresOf } from './features.ts';
import { queryWords } from './query.ts';
import { QueryView } from './query-view.ts';
import type { Ranking } from './ranking.ts';
import { retrieve } from './retrieve.ts';
import type { ToolIndex } from './tool-index.ts';

/** A tool and how well it fits; scores are comparable within one answer only. */
export interface Ranked {
  readonly entry: ToolEntry;
  readonly score: number;
}

/** One of the best of the first stage, with what the second stage sees of it. */
export interface Candidate extends Ranked {
  readonly features: Features;
}

/** The index, its numbers, and whose documents they are: undefined for those that must not be found. */
export interface Searched {
  readonly index: ToolIndex;
  readonly ranking: Ranking;
  readonly entry: (document: number) => ToolEntry | undefined;
}

/** Share of the best score below which a tool does not fit at all: about one word of five. */
const MIN_SHARE = 0.05;

interface Found extends Ranked {
  readonly document: number;
}

interface FirstStage {
  readonly view: QueryView;
  /** How many fit at all. */
  readonly found: number;
  readonly best: readonly Found[];
}

/** How many tools fit a query at all, and the best `limit` of them: best first, ties by id. */
export function rank(query: string, limit: number, searched: Searched): { found: number; hits: Ranked[] } {
  const { ranking } = searched;
  const first = firstStage(query, Math.max(limit, ranking.depth), searched);
  const anew = first.best.slice(0, ranking.depth).map(({ entry, document, score }) => {
    return { entry, score: Math.exp(weigh(features(document, score, first, searched), ranking)) };
  });
  anew.sort((a, b) => (comesFirst(a, b) ? -1 : 1));
  const lowest = anew.at(-1)?.score ?? 1;
  const rest = first.best
    .slice(ranking.depth)
    .map(({ entry, score }) => ({ entry, score: lowest * share(score, first.best) }));
  return { found: first.found, hits: [...anew, ...rest].slice(0, limit) };
}

/** The first stage alone, with the features of its best: what the weights of the second are fitted on. */
export function candidates(query: string, searched: Searched): Candidate[] {
  const first = firstStage(query, searched.ranking.depth, searched);
  return first.best.map(({ entry, document, score }) => {
    return { entry, score, features: features(document, score, first, searched) };
  });
}

function firstStage(query: string, most: number, { index, ranking, entry }: Searched): FirstStage {
  const concepts = conceptsOf(queryWords(query, ranking.literal), index, ranking.standIns);
  const { documents, scores } = retrieve(concepts, index, ranking);
  const admitted = admit(documents, scores, entry);
  const best = new Best<Found>(most, comesFirst);
  for (const one of admitted) if (!best.last || one.score >= best.last.score) best.offer(one);
  return { view: new QueryView(concepts, index), found: admitted.length, best: best.items };
}

// The hidden and the hopeless are left out; the latter first, since there are many.
function admit(documents: readonly number[], scores: Float64Array, entryOf: Searched['entry']): Found[] {
  const admitted: Found[] = [];
  let top = 0;
  for (const document of documents) {
    const score = scores[document] ?? 0;
    const entry = score < top * MIN_SHARE ? undefined : entryOf(document);
    if (!entry) continue;
    admitted.push({ entry, document, score });
    top = Math.max(top, score);
  }
  return admitted.filter(({ score }) => score >= top * MIN_SHARE);
}

function features(document: number, score: number, { view, best }: FirstStage, { index, entry }: Searched): Features {
  const words = index.words(document) ?? { ids: new Uint32Array(), ends: [] };
  const inputSchema = entry(document)?.definition.inputSchema;
  return featuresOf(view, { words, inputSchema, share: share(score, best) });
}

function share(score: number, [top]: readonly Found[]): number {
  return score / (top?.score ?? score);
}

function weigh(features: Features, { features: weights }: Ranking): number {
  let total = 0;
  for (const name in weights) total += weights[name as keyof Features] * features[name as keyof Features];
  return total;
}

// By code unit, so that ties come in the same order in every locale.
function comesFirst(a: Ranked, b: Ranked): boolean {
  return a.score === b.score ? a.entry.id < b.entry.id : a.score > b.score;
}
