import { isJsonObject } from '../core/json.ts';
import { isReading, toolActions } from './actions.ts';
import type { Field } from './fields.ts';
import type { QueryView, WordView } from './query-view.ts';
import { type DocumentWords, fieldOf } from './tool-index.ts';

/** What is looked at to rank the best candidates anew; most go from 0 to 1. */
export const FEATURES = [
  'logScore',
  'covered',
  'inDetails',
  'inParameters',
  'inParameterDetails',
  'summaryPrecision',
  'sameAction',
  'otherAction',
  'writesUnasked',
  'pluralList',
  'nameGrams',
  'nameGramsAsked',
  'queryGramsMet',
  'summaryGrams',
  'pairsInName',
  'pairsInSummary',
  'nameLength',
  'length',
  'required',
] as const;

export type Feature = (typeof FEATURES)[number];
export type Features = Readonly<Record<Feature, number>>;

/** A candidate as the features see it. */
export interface Candidate {
  readonly words: DocumentWords;
  readonly inputSchema: unknown;
  /** Its score of the first stage as a share of the best one. */
  readonly share: number;
}

/** How a candidate looks beside the query. */
export function featuresOf(query: QueryView, { words, inputSchema, share }: Candidate): Features {
  const server = [...fieldOf(words, 'server')];
  // What all tools of a server share tells nothing about this one.
  const own = (field: Field) =>
    [...fieldOf(words, field)].filter((id) => !server.includes(id)).map((id) => query.word(id));
  const name = own('name');
  const summary = own('summary');
  return {
    logScore: Math.log(share),
    ...coverage(query, words),
    summaryPrecision: precision(summary),
    ...actions(query, name, summary),
    ...grams(
      query,
      name,
      summary,
      server.map((id) => query.word(id)),
    ),
    pairsInName: pairs(query, [...fieldOf(words, 'name')], 1),
    pairsInSummary: pairs(query, [...fieldOf(words, 'summary')], 2),
    nameLength: Math.log(1 + name.length),
    length: Math.log(1 + words.ids.length),
    required: Math.log(1 + requiredOf(inputSchema)),
  };
}

/** How much of the query is met, by importance: anywhere, and in some of the fields. */
function coverage(query: QueryView, words: DocumentWords) {
  const met = (ids: Uint32Array) => shareMet(query, strengths(query, ids));
  return {
    covered: met(words.ids),
    inDetails: met(fieldOf(words, 'details')),
    inParameters: met(fieldOf(words, 'parameters')),
    inParameterDetails: met(fieldOf(words, 'parameterDetails')),
  };
}

function strengths(query: QueryView, ids: Uint32Array): Float64Array {
  const found = new Float64Array(query.concepts.length);
  for (const id of ids) {
    for (const { concept, weight } of query.meetings(id)) {
      if (weight > (found[concept] ?? 0)) found[concept] = weight;
    }
  }
  return found;
}

function shareMet({ concepts, importance }: QueryView, strengths: Float64Array): number {
  return concepts.reduce((met, concept, at) => met + concept.importance * (strengths[at] ?? 0), 0) / importance;
}

/** How much of a text's own words the query asks for. */
function precision(words: readonly WordView[]): number {
  const rarity = sum(words, (word) => word.rarity);
  return sum(words, (word) => word.rarity * word.strongest) / (rarity || 1);
}

function actions({ action, plural }: QueryView, name: readonly WordView[], summary: readonly WordView[]) {
  const done = toolActions(
    name.map(({ text }) => text),
    summary.map(({ text }) => text),
  );
  const [verb] = done;
  const same = action !== undefined && done.includes(action);
  const other = action !== undefined && verb !== undefined && !same;
  return {
    sameAction: same ? 1 : 0,
    otherAction: other ? 1 : 0,
    writesUnasked: other && isReading(action) && !isReading(verb) ? 1 : 0,
    pluralList: plural && (done.includes('list') || done.includes('search')) ? 1 : 0,
  };
}

/** Likeness by four-letter pieces: finds what word forms and slips of the hand hide. */
function grams(query: QueryView, name: readonly WordView[], summary: readonly WordView[], server: readonly WordView[]) {
  const shared = (words: readonly WordView[]) => sum(words, ({ sharedGrams }) => sharedGrams.length);
  const all = (words: readonly WordView[]) => sum(words, (word) => word.grams);
  const likeness = (words: readonly WordView[]) => shared(words) / (Math.sqrt(all(words) * query.grams.size) || 1);
  const met = new Set([...name, ...server, ...summary].flatMap(({ sharedGrams }) => sharedGrams));
  return {
    nameGrams: likeness(name),
    nameGramsAsked: shared(name) / (all(name) || 1),
    queryGramsMet: met.size / (query.grams.size || 1),
    summaryGrams: likeness(summary),
  };
}

/** Share of the query's neighbouring words that stand at most so far apart in the field. */
function pairs(query: QueryView, ids: readonly number[], distance: number): number {
  const places = placesOf(query, ids);
  const near = places.filter((place, at) => Math.abs(place - (places[at - 1] ?? Number.NaN)) <= distance);
  return near.length / (places.length || 1);
}

// Where in the field each concept is met best.
function placesOf(query: QueryView, ids: readonly number[]): number[] {
  const places = query.concepts.map(() => Number.NaN);
  const best = new Float64Array(places.length);
  for (const [place, id] of ids.entries()) {
    for (const { concept, weight } of query.meetings(id)) {
      if (weight <= (best[concept] ?? 0)) continue;
      best[concept] = weight;
      places[concept] = place;
    }
  }
  return places;
}

function requiredOf(schema: unknown): number {
  return isJsonObject(schema) && Array.isArray(schema.required) ? schema.required.length : 0;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
