import MiniSearch from 'minisearch';
import type { WordMatches } from './concepts.ts';
import { FIELDS, type Field, type FieldTerms } from './fields.ts';
import { Vocabulary } from './vocabulary.ts';

/** Documents that have a word, and the word's BM25+ in each, over all fields with their weights. */
export interface WordScores {
  readonly documents: Uint32Array;
  readonly scores: Float32Array;
}

/** Word ids of one document, field after field; `ends[f]` is where the words of `FIELDS[f]` end. */
export interface DocumentWords {
  readonly ids: Uint32Array;
  readonly ends: readonly number[];
}

type IndexedDocument = { readonly id: number } & Readonly<Record<Field, string>>;

const SEPARATOR = ' ';
const MAX_KEPT_WORDS = 4000;
const MIN_SERVER_PART_CHARS = 4;
const LAST = FIELDS.length - 1;

/** The inverted index. MiniSearch scores words in fields; what it says of a word is kept until the index changes. */
export class ToolIndex {
  readonly vocabulary = new Vocabulary();
  readonly #weights: Readonly<Record<Field, number>>;
  readonly #documents = new Map<number, DocumentWords>();
  /** How many documents have the word in their server's name. */
  readonly #serverWords = new Map<number, number>();
  #capacity = 0;
  readonly #kept = new Map<number, WordScores>();
  readonly #memos = new Map<string, WordMatches>();
  readonly #index = new MiniSearch<IndexedDocument>({
    fields: [...FIELDS],
    tokenize: (words) => words.split(SEPARATOR),
    processTerm: (word) => word,
  });

  constructor(weights: Readonly<Record<Field, number>>) {
    this.#weights = weights;
  }

  get size(): number {
    return this.#documents.size;
  }

  /** Above every document's number. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Adds a document under a small number that is not in use. */
  add(id: number, terms: FieldTerms): void {
    const document = this.#learn(terms);
    this.#documents.set(id, document);
    this.#capacity = Math.max(this.#capacity, id + 1);
    this.#index.add(this.#spell(id, document));
    for (const word of fieldOf(document, 'server')) this.#countServerWord(word, 1);
    this.#changed();
  }

  /** Forgets a document; an unknown number is no error. */
  remove(id: number): void {
    const document = this.#documents.get(id);
    if (!document) return;
    this.#index.remove(this.#spell(id, document));
    for (const word of fieldOf(document, 'server')) this.#countServerWord(word, -1);
    for (const word of new Set(document.ids)) this.vocabulary.release(word);
    this.#documents.delete(id);
    this.#changed();
  }

  words(id: number): DocumentWords | undefined {
    return this.#documents.get(id);
  }

  /** How telling a word is that so many documents have: BM25's inverse document frequency. */
  rarity(count: number): number {
    return Math.log(1 + (this.size - Math.min(count, this.size) + 0.5) / (count + 0.5));
  }

  /** Longer words of servers' names that begin or end with the word: wiki → mediawiki. */
  serverWordsWith(part: string): number[] {
    if (part.length < MIN_SERVER_PART_CHARS) return [];
    return [...this.#serverWords.keys()].filter((id) => {
      const word = this.vocabulary.word(id);
      return word.length > part.length && (word.startsWith(part) || word.endsWith(part));
    });
  }

  scores(word: number): WordScores {
    const known = this.#kept.get(word);
    if (known) return known;
    if (this.#kept.size >= MAX_KEPT_WORDS) this.#kept.clear();
    const scores = this.#score(this.vocabulary.word(word));
    this.#kept.set(word, scores);
    return scores;
  }

  /** What was found out about a word of a query, until the index changes. */
  memo(word: string, find: () => WordMatches): WordMatches {
    const known = this.#memos.get(word);
    if (known) return known;
    if (this.#memos.size >= MAX_KEPT_WORDS) this.#memos.clear();
    const found = find();
    this.#memos.set(word, found);
    return found;
  }

  #changed(): void {
    this.#kept.clear();
    this.#memos.clear();
  }

  #score(word: string): WordScores {
    const found = this.#index.search(word, { tokenize: (whole) => [whole], boost: this.#weights });
    return {
      documents: Uint32Array.from(found, ({ id }) => id),
      scores: Float32Array.from(found, ({ score }) => score),
    };
  }

  #learn(terms: FieldTerms): DocumentWords {
    const known = new Map<string, number>();
    const ids: number[] = [];
    const ends = FIELDS.map((field) => {
      for (const word of terms[field]) ids.push(known.get(word) ?? this.#learnWord(word, known));
      return ids.length;
    });
    return { ids: Uint32Array.from(ids), ends };
  }

  #learnWord(word: string, known: Map<string, number>): number {
    const id = this.vocabulary.add(word);
    known.set(word, id);
    return id;
  }

  /** The texts that MiniSearch is to index, each word of a description of a parameter only if no other field has it. */
  #spell(id: number, { ids, ends }: DocumentWords): IndexedDocument {
    const fields = FIELDS.map(() => '');
    const seen = new Set<number>();
    let at = 0;
    for (const [field, end] of ends.entries()) {
      const words: string[] = [];
      for (; at < end; at++) {
        const word = ids[at] ?? 0;
        if (field !== LAST || !seen.has(word)) words.push(this.vocabulary.word(word));
        seen.add(word);
      }
      fields[field] = words.join(SEPARATOR);
    }
    const [name = '', server = '', summary = '', details = '', parameters = '', parameterDetails = ''] = fields;
    return { id, name, server, summary, details, parameters, parameterDetails };
  }

  #countServerWord(word: number, by: number): void {
    const count = (this.#serverWords.get(word) ?? 0) + by;
    if (count > 0) this.#serverWords.set(word, count);
    else this.#serverWords.delete(word);
  }
}

/** Word ids of one field. */
export function fieldOf({ ids, ends }: DocumentWords, field: Field): Uint32Array {
  const at = FIELDS.indexOf(field);
  return ids.subarray(ends[at - 1] ?? 0, ends[at]);
}
