import { isJsonObject } from '../core/json.ts';
import type { DocumentWords } from './documents.ts';
import type { Concept } from './query-expansion.ts';
import type { Feature } from './ranking-parameters.ts';
import { actionsOf, isReading, toolVerbs } from './thesaurus.ts';
import type { ToolIndex } from './tool-index.ts';

export type Features = Readonly<Record<Feature, number>>;

/** A candidate of the second stage. */
interface Candidate {
  readonly words: DocumentWords;
  readonly inputSchema: unknown;
  /** Its score in the first stage as a share of the best one. */
  readonly share: number;
}

/**
 * Returns the features of a candidate for a query. Each search compares forty candidates, so it uses loops:
 * intermediate arrays cost most of the time.
 */
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

// Leaves out the words of the server's name: all of its tools share them.
function ownWords(query: QueryView, ids: Uint32Array, server: Uint32Array): WordView[] {
  const own: WordView[] = [];
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] ?? 0;
    if (!server.includes(id)) own.push(query.word(id));
  }
  return own;
}

/** Returns the share of the query that is met, by importance: anywhere, and in some of the fields. */
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

/** Returns how well the words meet each concept, and notes it in `anywhere` too. */
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

/** Returns the share of a text's own words that the query asks for, by rarity. */
function precision(words: readonly WordView[]): number {
  const rarity = sum(words, (word) => word.rarity);
  return sum(words, (word) => word.rarity * word.strongest) / (rarity || 1);
}

function actions(query: QueryView, name: readonly WordView[], summary: readonly WordView[]) {
  const { wanted, plural } = query;
  const done = toolVerbs(name, summary)
    .map((word) => query.actionsOf(word))
    .filter((actions) => actions.length > 0);
  const [first = []] = done;
  const same = done.some((actions) => actions.some((action) => wanted.has(action)));
  const other = wanted.size > 0 && first.length > 0 && !same;
  const isListing = (action: string) => action === 'list' || action === 'search';
  return {
    sameAction: same ? 1 : 0,
    otherAction: other ? 1 : 0,
    writesUnasked: other && query.reads && !first.some(isReading) ? 1 : 0,
    pluralList: plural && done.some((actions) => actions.some(isListing)) ? 1 : 0,
  };
}

/** Compares by four-letter pieces, which match in spite of other word forms and typing errors. */
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

/** Returns the share of the query's neighbouring words that stand at most `distance` apart in the field. */
function pairs(query: QueryView, ids: Uint32Array, distance: number): number {
  const places = placesOf(query, ids);
  let near = 0;
  for (let at = 1; at < places.length; at++) {
    if (Math.abs((places[at] ?? Number.NaN) - (places[at - 1] ?? Number.NaN)) <= distance) near++;
  }
  return near / (places.length || 1);
}

// Returns, for each concept, the place in the field that meets it best; NaN if none does.
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

/** A concept that a word stands for, by its place in the query, with the weight of the word for it. */
export interface Meeting {
  readonly concept: number;
  readonly weight: number;
}

const NONE: readonly Meeting[] = [];

/** A word of a tool, compared with the query. */
interface WordView {
  readonly text: string;
  readonly rarity: number;
  /** The best weight of the word for any concept; 0 if it stands for none. */
  readonly strongest: number;
  /** Number of its four-letter pieces, and those of them that the query has too. */
  readonly grams: number;
  readonly sharedGrams: readonly number[];
}

/** A query, compared with the words of the index; it looks at each word once. */
export class QueryView {
  readonly concepts: readonly Concept[];
  readonly importance: number;
  /** Actions that the query asks for; empty: none is known. */
  readonly wanted: ReadonlySet<string>;
  /** True if the query asks for an action that changes nothing. */
  readonly reads: boolean;
  /** True if the query has a plural, and so asks for several things. */
  readonly plural: boolean;
  readonly grams: ReadonlySet<number>;
  /** By concept: space to note how a candidate meets it, allocated once for all candidates. */
  readonly room: { readonly anywhere: Float64Array; readonly best: Float64Array; readonly places: Float64Array };
  readonly #index: ToolIndex;
  readonly #meets = new Map<number, Meeting[]>();
  readonly #words = new Map<number, WordView>();
  readonly #actions = new Map<string, readonly string[]>();

  /** `wanted` has the actions that the query asks for. */
  constructor(concepts: readonly Concept[], wanted: ReadonlySet<string>, index: ToolIndex) {
    const plain = concepts.filter(({ literal }) => !literal).map(({ word }) => word);
    this.concepts = concepts;
    this.importance = concepts.reduce((sum, { importance }) => sum + importance, 0) || 1;
    this.wanted = wanted;
    this.reads = [...wanted].some(isReading);
    this.plural = plain.some((word) => /[^su]s$/.test(word) && word.length > 3);
    this.grams = new Set(plain.flatMap((word) => gramsOf(word)));
    const room = () => new Float64Array(concepts.length);
    this.room = { anywhere: room(), best: room(), places: room() };
    this.#index = index;
    for (const [concept, { matches }] of concepts.entries()) {
      for (const [word, weight] of matches) this.#meet(word, { concept, weight });
    }
  }

  /** Returns the concepts that a word stands for. */
  meetings(word: number): readonly Meeting[] {
    return this.#meets.get(word) ?? NONE;
  }

  word(id: number): WordView {
    const known = this.#words.get(id);
    if (known) return known;
    const word = this.#look(id);
    this.#words.set(id, word);
    return word;
  }

  /**
   * Returns the actions that a verb stands for; none for other words. Remembers them, since candidates have the same few
   * verbs.
   */
  actionsOf({ text }: WordView): readonly string[] {
    const known = this.#actions.get(text);
    if (known) return known;
    const found = actionsOf(text);
    this.#actions.set(text, found);
    return found;
  }

  #look(id: number): WordView {
    const { vocabulary } = this.#index;
    const text = vocabulary.word(id);
    return {
      text,
      rarity: this.#index.rarity(vocabulary.tools(id)),
      strongest: this.meetings(id).reduce((most, { weight }) => Math.max(most, weight), 0),
      grams: Math.max(0, text.length + 3 - GRAM_CHARS),
      sharedGrams: gramsOf(text, this.grams),
    };
  }

  #meet(word: number, meeting: Meeting): void {
    const known = this.#meets.get(word);
    if (known) known.push(meeting);
    else this.#meets.set(word, [meeting]);
  }
}

const GRAM_CHARS = 4;

// Returns the pieces of a word as numbers; a space marks its beginning and its end. Two pieces may get the same number,
// which costs a little precision in one query. With `wanted`, only pieces in it are returned: one query looks at
// hundreds of words.
function gramsOf(word: string, wanted?: ReadonlySet<number>): number[] {
  const text = ` ${word} `;
  const grams: number[] = [];
  for (let at = 0; at + GRAM_CHARS <= text.length; at++) {
    let code = 0;
    for (let next = at; next < at + GRAM_CHARS; next++) code = (Math.imul(code, 131) + text.charCodeAt(next)) | 0;
    if (!wanted || wanted.has(code)) grams.push(code);
  }
  return grams;
}
