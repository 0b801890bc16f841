import type { DocumentWords } from './documents.ts';
import type { Meeting, QueryView } from './features.ts';
import type { Concept } from './query-expansion.ts';
import { rememberedTerms } from './remembered-terms.ts';
import type { Vocabulary } from './vocabulary.ts';

const NONE: readonly Meeting[] = [];

/** Reads texts for the words of one query: for showing why a tool was found. Valid until the index changes. */
export class QueryReader {
  readonly concepts: readonly Concept[];
  /** The importance of all concepts together. */
  readonly importance: number;
  readonly #view: QueryView;
  readonly #vocabulary: Vocabulary;
  readonly #wordsOf: (id: string) => DocumentWords | undefined;

  constructor(view: QueryView, vocabulary: Vocabulary, wordsOf: (id: string) => DocumentWords | undefined) {
    this.concepts = view.concepts;
    this.importance = view.importance;
    this.#view = view;
    this.#vocabulary = vocabulary;
    this.#wordsOf = wordsOf;
  }

  /** Returns the concepts that a term stands for, as `tokenize` gives it. */
  meetingsOf(term: string): readonly Meeting[] {
    const id = this.#vocabulary.get(term);
    return id === undefined ? NONE : this.#view.meetings(id);
  }

  /** Returns how well texts meet each concept, from 0 to 1. */
  met(...texts: readonly string[]): Float64Array {
    const met = new Float64Array(this.concepts.length);
    for (const text of texts) for (const term of rememberedTerms(text)) note(met, this.meetingsOf(term));
    return met;
  }

  /** Returns how well the index knows a tool's description to meet each concept, from 0 to 1. */
  metByDescription(id: string): Float64Array {
    const met = new Float64Array(this.concepts.length);
    const { summary = [], details = [] } = this.#wordsOf(id)?.fields ?? {};
    for (const word of summary) note(met, this.#view.meetings(word));
    for (const word of details) note(met, this.#view.meetings(word));
    return met;
  }

  /** Returns the part of the query's importance that is met. */
  worth(met: Float64Array): number {
    let sum = 0;
    for (let at = 0; at < met.length; at++) sum += (met[at] ?? 0) * (this.concepts[at]?.importance ?? 0);
    return sum;
  }
}

/** Raises what is met by what one more word meets. */
export function note(met: Float64Array, meetings: readonly Meeting[]): void {
  for (const { concept, weight } of meetings) if (weight > (met[concept] ?? 0)) met[concept] = weight;
}
