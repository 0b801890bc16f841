import type { ToolEntry } from '../core/tool.ts';
import { isDeprecated, successorNames } from './deprecation.ts';
import type { DocumentWords } from './documents.ts';
import { type Features, featuresOf, QueryView } from './features.ts';
import {
  anyFits,
  type FitFacts,
  fitByMeaning,
  fitByName,
  fitFacts,
  fitOf,
  isNear,
  JUDGED,
  type Need,
  type Standing,
} from './fit-of-hits.ts';
import type { WeightedLikeness } from './likeness.ts';
import { type Concept, conceptsOf, readQuery } from './query-expansion.ts';
import type { Ranking } from './ranking-parameters.ts';
import type { ScoreAccumulator, ToolIndex } from './tool-index.ts';

/** A tool with its score; scores are comparable within one answer only. */
export interface Ranked {
  readonly entry: ToolEntry;
  readonly score: number;
}

/** A tool in the order of the second stage; the fit of one that is not near the best is 0. */
export interface Hit extends Ranked, Standing {}

/** One of the best tools of the first stage, with its features for the second stage. */
interface Candidate extends Ranked {
  readonly features: Features;
  readonly facts: FitFacts;
}

/**
 * The index, its weights, and the tool of each document; `entry` returns undefined for a tool that must not be found.
 */
export interface Searched {
  readonly index: ToolIndex;
  readonly ranking: Ranking;
  readonly entry: (document: number) => ToolEntry | undefined;
  /** Likeness of meaning, with the documents of the nearest tools; absent: words alone decide. */
  readonly meaning?: Meaning | undefined;
}

/** Likeness of meaning, with the documents of the nearest tools. */
export interface Meaning extends Omit<WeightedLikeness, 'nearest'> {
  readonly nearest: readonly number[];
}

/** The best tools for a query, how many are near the best, and the query as the index understood it. */
export interface SearchOutcome {
  readonly found: number;
  readonly hits: Hit[];
  readonly view: QueryView;
}

/** Least share of the best score with which the second stage looks at a tool: about one word of five. */
const MIN_SHARE = 0.05;

/** What is left of the score of a deprecated tool, and of that of its successor for a place right behind it. */
const DEPRECATED_SHARE = 0.3;
const BEHIND = 0.99;

interface Found extends Ranked {
  readonly document: number;
}

/** One of the best tools of the first stage, with its words, which both stages look at. */
interface Judged extends Found {
  readonly words?: DocumentWords;
}

interface FirstStage extends Need {
  readonly best: readonly Found[];
}

/**
 * Returns the best `limit` tools for a query: best first, ties by id; `found` counts those near the best, 0 if none
 * seems to fit. `view` is the query as the index understood it.
 */
export function rank(query: string, limit: number, searched: Searched): SearchOutcome {
  const { ranking } = searched;
  const first = firstStage(query, Math.max(limit, ranking.depth), searched);
  const compared = withNearest(first.best.slice(0, ranking.depth), searched);
  const scored = compared.map((found) => {
    const { entry, document } = found;
    const words = searched.index.words(document);
    const value = weigh(features(found, words, first), ranking) + liking(entry, searched);
    return { entry, document, words, score: Math.exp(value) };
  });
  const anew = deprecatedSunk(scored).sort((a, b) => (comesFirst(a, b) ? -1 : 1));
  const lowest = anew.at(-1)?.score ?? 1;
  const rest = beyond(first.best.slice(ranking.depth), compared).map((one) => ({
    ...one,
    score: lowest * share(one.score, first.best),
  }));
  const all: readonly Judged[] = [...anew, ...rest];
  const near = all.filter(({ score }, place) => isNear(place, share(score, anew))).length;
  // What is left of a small limit still tells whether anything fits.
  const hits = all.slice(0, Math.max(limit, JUDGED)).map((one, place) => standing(one, place, anew, first, searched));
  return { found: anyFits(hits) ? near : 0, hits: hits.slice(0, limit), view: first.view };
}

/** Lessens the scores of deprecated tools, and puts each behind the tool that its description names instead. */
function deprecatedSunk(scored: readonly Judged[]): Judged[] {
  return scored.map((one) => {
    const { server, definition } = one.entry;
    if (!isDeprecated(definition)) return one;
    const names = successorNames(definition);
    const named = scored.filter(({ entry }) => entry.server === server && names.includes(entry.definition.name));
    const least = Math.min(...named.flatMap(({ entry, score }) => (entry === one.entry ? [] : [score])));
    return { ...one, score: Math.min(one.score * DEPRECATED_SHARE, least * BEHIND) };
  });
}

/** Returns the best by words, and behind them the tools that are nearest in meaning. */
function withNearest(best: readonly Found[], { index, ranking, entry, meaning }: Searched): readonly Found[] {
  if (!meaning) return best;
  const least = (best[0]?.score ?? 1) * ranking.meaning.share;
  const known = new Set(best.map(({ document }) => document));
  const joining = meaning.nearest
    .filter((document) => !known.has(document))
    .slice(0, ranking.meaning.joining)
    .flatMap((document): Found[] => {
      const found = entry(document);
      return found ? [{ entry: found, document, score: Math.max(least, index.tally.scores[document] ?? 0) }] : [];
    });
  return [...best, ...joining];
}

/** Returns those of `rest` that are not among the compared ones. */
function beyond(rest: readonly Found[], compared: readonly Found[]): readonly Found[] {
  if (rest.length === 0) return rest;
  const documents = new Set(compared.map(({ document }) => document));
  return rest.filter(({ document }) => !documents.has(document));
}

/** Returns what likeness of meaning adds to the value of a tool. */
function liking(entry: ToolEntry, { meaning }: Searched): number {
  return meaning ? meaning.weight * meaning.score(entry) : 0;
}

function standing(
  { entry, document, score, words }: Judged,
  place: number,
  best: readonly Found[],
  need: Need,
  { index, meaning }: Searched,
): Hit {
  const own = share(score, best);
  if (!isNear(place, own)) return { entry, score, share: own, fit: 0 };
  const known = words ?? index.words(document);
  const byWords = Math.max(fitOf(fitFacts(need, known, index)), fitByName(need, known));
  const byMeaning = meaning ? fitByMeaning(meaning.nearness(entry)) : 0;
  return { entry, score, share: own, fit: Math.max(byWords, byMeaning) };
}

/**
 * Runs the first stage alone and returns its best with their features; `test/bench/fit.ts` fits the weights of the
 * second stage to them.
 */
export function candidates(query: string, searched: Searched): Candidate[] {
  const first = firstStage(query, searched.ranking.depth, searched);
  return withNearest(first.best, searched).map((found) => {
    const { entry, document, score } = found;
    const words = searched.index.words(document);
    return { entry, score, features: features(found, words, first), facts: fitFacts(first, words, searched.index) };
  });
}

function firstStage(query: string, most: number, { index, ranking, entry }: Searched): FirstStage {
  const read = readQuery(query, ranking.literal);
  const concepts = conceptsOf(read, index, ranking);
  const tally = retrieve(concepts, index, ranking);
  const least = topScore(tally, entry) * MIN_SHARE;
  const best = new TopK<Found>(most, comesFirst);
  for (let at = 0; at < tally.size; at++) {
    const document = tally.documents[at] ?? 0;
    const score = tally.scores[document] ?? 0;
    const admitted = score < least || score < (best.last?.score ?? 0) ? undefined : entry(document);
    if (admitted) best.offer({ entry: admitted, document, score });
  }
  const known = new Set(concepts.map(({ word }) => word));
  const missing = read.words.filter(({ word, literal }) => !literal && !known.has(word));
  const unknown = missing.reduce((sum, { weight }) => sum + weight, 0);
  const { verb, object, actions } = read.request;
  const asked = read.words.flatMap(({ word }) => (word === verb || object.has(word) ? [word] : []));
  return { view: new QueryView(concepts, actions, index), unknown, asked, best: best.items };
}

/** Returns the best score among the tools that may be found. */
function topScore({ documents, size, scores }: ScoreAccumulator, entryOf: Searched['entry']): number {
  let top = 0;
  for (let at = 0; at < size; at++) {
    const document = documents[at] ?? 0;
    const score = scores[document] ?? 0;
    if (score > top && entryOf(document)) top = score;
  }
  return top;
}

function features({ entry, score }: Found, words: DocumentWords, { view, best }: FirstStage): Features {
  return featuresOf(view, { words, inputSchema: entry.definition.inputSchema, share: share(score, best) });
}

function share(score: number, [top]: readonly Found[]): number {
  return score / (top?.score ?? score);
}

function weigh(features: Features, { features: weights }: Ranking): number {
  let total = 0;
  for (const name in weights) total += weights[name as keyof Features] * features[name as keyof Features];
  return total;
}

/**
 * True if `a` has the better score, or the same and the smaller id; ids compare by code unit, so that the order is the
 * same in every locale.
 */
export function comesFirst(a: Ranked, b: Ranked): boolean {
  return a.score === b.score ? a.entry.id < b.entry.id : a.score > b.score;
}

/**
 * Returns the scores of all documents that have any word of the concepts, valid until the next search. Of each concept
 * the best word counts, up to saturation; the sum is multiplied by the share of the query that is covered. Scores are
 * comparable within one query.
 */
function retrieve(concepts: readonly Concept[], index: ToolIndex, ranking: Ranking): ScoreAccumulator {
  const { tally } = index;
  tally.begin(index.capacity);
  for (const concept of concepts) {
    for (const [word, weight] of concept.matches) tally.offer(index.scores(word), weight);
    tally.add(concept, ranking.saturation);
  }
  tally.end(ranking.coverage);
  return tally;
}

/** Keeps the first `most` of the items offered, in order; `before` returns true if `a` comes before `b`. */
export class TopK<T> {
  readonly items: T[] = [];
  readonly #most: number;
  readonly #before: (a: T, b: T) => boolean;

  constructor(most: number, before: (a: T, b: T) => boolean) {
    this.#most = most;
    this.#before = before;
  }

  /** The item that a further one has to come before; undefined while there is room. */
  get last(): T | undefined {
    return this.items[this.#most - 1];
  }

  offer(item: T): void {
    if (this.last !== undefined && !this.#before(item, this.last)) return;
    this.items.splice(this.#placeOf(item), 0, item);
    if (this.items.length > this.#most) this.items.pop();
  }

  #placeOf(item: T): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#before(item, this.items[middle] as T))
        high = middle; // middle is below the length
      else low = middle + 1;
    }
    return low;
  }
}
