import { isJsonObject } from '../core/json.ts';
import { isReading, toolVerbs } from './actions.ts';
import type { DocumentWords } from './documents.ts';
import type { QueryView, WordView } from './query-view.ts';

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

/** How a candidate looks beside the query. Forty are looked at in each search: loops, since arrays between cost most of it. */
export function featuresOf(query: QueryView, { words, inputSchema, share }: Candidate): Features {
  const { fields } = words;
  const name = ownWords(query, fields.name, fields.server);
  const summary = ownWords(query, fields.summary, fields.server);
  return {
    logScore: Math.log(share),
    ...coverage(query, fields),
    summaryPrecision: precision(summary),
    ...actions(query, name, summary),
    ...grams(query, name, summary, fields.server),
    pairsInName: pairs(query, fields.name, 1),
    pairsInSummary: pairs(query, fields.summary, 2),
    nameLength: Math.log(1 + name.length),
    length: Math.log(1 + words.ids.length),
    required: Math.log(1 + requiredOf(inputSchema)),
  };
}

// What all tools of a server share tells nothing about this one.
function ownWords(query: QueryView, ids: Uint32Array, server: Uint32Array): WordView[] {
  const own: WordView[] = [];
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] ?? 0;
    if (!server.includes(id)) own.push(query.word(id));
  }
  return own;
}

/** How much of the query is met, by importance: anywhere, and in some of the fields. */
function coverage(query: QueryView, fields: DocumentWords['fields']) {
  const { anywhere } = query.room;
  anywhere.fill(0);
  const met = (ids: Uint32Array) => shareMet(query, strengths(query, ids));
  for (const ids of [fields.name, fields.server, fields.summary]) strengths(query, ids);
  const inDetails = met(fields.details);
  const inParameters = met(fields.parameters);
  const inParameterDetails = met(fields.parameterDetails);
  return { covered: shareMet(query, anywhere), inDetails, inParameters, inParameterDetails };
}

/** How well each concept is met by the words, which is also noted in `anywhere`. */
function strengths(query: QueryView, ids: Uint32Array): Float64Array {
  const { anywhere, best } = query.room;
  best.fill(0);
  for (let at = 0; at < ids.length; at++) {
    for (const { concept, weight } of query.meetings(ids[at] ?? 0)) {
      if (weight > (best[concept] ?? 0)) best[concept] = weight;
      if (weight > (anywhere[concept] ?? 0)) anywhere[concept] = weight;
    }
  }
  return best;
}

function shareMet({ concepts, importance }: QueryView, strengths: Float64Array): number {
  let met = 0;
  for (let at = 0; at < strengths.length; at++) met += (concepts[at]?.importance ?? 0) * (strengths[at] ?? 0);
  return met / importance;
}

/** How much of a text's own words the query asks for. */
function precision(words: readonly WordView[]): number {
  const rarity = sum(words, (word) => word.rarity);
  return sum(words, (word) => word.rarity * word.strongest) / (rarity || 1);
}

function actions(query: QueryView, name: readonly WordView[], summary: readonly WordView[]) {
  const { action, plural } = query;
  const done = toolVerbs(name, summary).flatMap((word) => query.actionOf(word) ?? []);
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
function grams(query: QueryView, name: readonly WordView[], summary: readonly WordView[], server: Uint32Array) {
  const shared = (words: readonly WordView[]) => sum(words, ({ sharedGrams }) => sharedGrams.length);
  const all = (words: readonly WordView[]) => sum(words, (word) => word.grams);
  const likeness = (words: readonly WordView[]) => shared(words) / (Math.sqrt(all(words) * query.grams.size) || 1);
  const met = new Set<number>();
  const meet = ({ sharedGrams }: WordView) => {
    for (const gram of sharedGrams) met.add(gram);
  };
  name.forEach(meet);
  summary.forEach(meet);
  for (const id of server) meet(query.word(id));
  return {
    nameGrams: likeness(name),
    nameGramsAsked: shared(name) / (all(name) || 1),
    queryGramsMet: met.size / (query.grams.size || 1),
    summaryGrams: likeness(summary),
  };
}

/** Share of the query's neighbouring words that stand at most so far apart in the field. */
function pairs(query: QueryView, ids: Uint32Array, distance: number): number {
  const places = placesOf(query, ids);
  let near = 0;
  for (let at = 1; at < places.length; at++) {
    if (Math.abs((places[at] ?? Number.NaN) - (places[at - 1] ?? Number.NaN)) <= distance) near++;
  }
  return near / (places.length || 1);
}

// Where in the field each concept is met best.
function placesOf(query: QueryView, ids: Uint32Array): Float64Array {
  const { places, best } = query.room;
  places.fill(Number.NaN);
  best.fill(0);
  for (let place = 0; place < ids.length; place++) {
    for (const { concept, weight } of query.meetings(ids[place] ?? 0)) {
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
  let total = 0;
  for (const item of items) total += value(item);
  return total;
}
