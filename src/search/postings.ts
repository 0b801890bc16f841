import type { Documents } from './documents.ts';
import { FIELDS, type Field } from './fields.ts';

/** Documents that have a word, and the word's BM25+ in each, over all fields with their weights. */
export interface WordScores {
  readonly documents: Uint32Array;
  readonly scores: Float32Array;
}

/** Usual parameters of BM25+: saturation of a word's count, influence of a field's length, least score of a word. */
const K = 1.2;
const B = 0.7;
const D = 0.5;

/** Index of the field `parameterDetails`: a word there counts only if no other field of the tool has it. */
const LAST = FIELDS.length - 1;

/**
 * The documents of each word in flat arrays. For 10,000 tools that takes 4 MB and 5 to 15 ms. MiniSearch's maps held 16
 * MB, and a word of 1,000 tools took them 1.5 ms instead of 0.05.
 */
export class Postings {
  /** By word: index of its first document in `#documents`. */
  readonly #starts: Uint32Array;
  readonly #documents: Uint32Array;
  /** Bits for each element of `#documents`: the fields of the document that have the word. */
  readonly #fields: Uint8Array;
  readonly #scores: Float32Array;
  /** By word: 1 if its scores have been computed. */
  readonly #scored: Uint8Array;
  /** Number of words of each field, document by document; an empty field counts as one word. */
  readonly #lengths: Uint16Array;
  readonly #meanLengths: Float64Array;
  readonly #size: number;
  readonly #weights: readonly number[];

  /** `counts` has the number of documents that have a word, by the word's number. */
  constructor(documents: Documents, counts: readonly number[], weights: Readonly<Record<Field, number>>) {
    this.#starts = startsOf(counts);
    const total = this.#starts[counts.length] ?? 0;
    this.#documents = new Uint32Array(total);
    this.#fields = new Uint8Array(total);
    this.#scores = new Float32Array(total);
    this.#scored = new Uint8Array(counts.length);
    this.#lengths = new Uint16Array(documents.capacity * FIELDS.length);
    this.#size = documents.size;
    this.#weights = FIELDS.map((field) => weights[field]);
    this.#meanLengths = this.#turn(documents).map((length) => length / this.#size);
  }

  /** Returns the documents of a word with their scores, as views of the arrays kept here. */
  of(word: number): WordScores {
    const from = this.#starts[word] ?? 0;
    const to = this.#starts[word + 1] ?? from;
    if (this.#scored[word] === 0) this.#score(from, to);
    this.#scored[word] = 1;
    return { documents: this.#documents.subarray(from, to), scores: this.#scores.subarray(from, to) };
  }

  /** Notes each document under its words, and the length of each field; returns the total length of each field. */
  #turn(documents: Documents): Float64Array {
    const next = this.#starts.slice();
    const totals = new Float64Array(FIELDS.length);
    for (let document = 0; document < documents.capacity; document++) {
      if (!documents.has(document)) continue;
      for (let field = 0; field <= LAST; field++) {
        const length = this.#turnField(documents, document, field, next);
        this.#lengths[document * FIELDS.length + field] = length;
        totals[field] = (totals[field] ?? 0) + length;
      }
    }
    return totals;
  }

  /**
   * Notes one field of a document and returns its length. `next` has the index for the next document of a word, by
   * word.
   */
  #turnField(documents: Documents, document: number, field: number, next: Uint32Array): number {
    const { ids } = documents;
    const noted = this.#documents;
    const end = documents.bound(document, field + 1);
    let length = 0;
    for (let at = documents.bound(document, field); at < end; at++) {
      const word = ids[at] ?? 0;
      const place = next[word] ?? 0;
      const isNoted = place > (this.#starts[word] ?? 0) && noted[place - 1] === document;
      if (isNoted && field === LAST) continue;
      length++;
      const own = isNoted ? place - 1 : place;
      noted[own] = document;
      this.#fields[own] = (this.#fields[own] ?? 0) | (1 << field);
      next[word] = own + 1;
    }
    return Math.max(1, length);
  }

  // Goes through the fields bit by bit: most documents have the word in one or two of them.
  #score(from: number, to: number): void {
    const lengths = this.#lengths;
    const means = this.#meanLengths;
    const rarities = this.#rarities(from, to);
    for (let at = from; at < to; at++) {
      const own = (this.#documents[at] ?? 0) * FIELDS.length;
      let score = 0;
      for (let rest = this.#fields[at] ?? 0; rest !== 0; rest &= rest - 1) {
        const field = lowestBit(rest);
        const length = (B * (lengths[own + field] ?? 1)) / (means[field] ?? 1);
        const worth = (rarities[field] ?? 0) * (D + (K + 1) / (1 + K * (1 - B + length)));
        score += (this.#weights[field] ?? 0) * worth;
      }
      this.#scores[at] = score;
    }
  }

  /** Returns the inverse document frequency of a word in each field. */
  #rarities(from: number, to: number): Float64Array {
    const counts = new Float64Array(FIELDS.length);
    for (let at = from; at < to; at++) {
      for (let rest = this.#fields[at] ?? 0; rest !== 0; rest &= rest - 1) {
        const field = lowestBit(rest);
        counts[field] = (counts[field] ?? 0) + 1;
      }
    }
    return counts.map((count) => Math.log(1 + (this.#size - count + 0.5) / (count + 0.5)));
  }
}

const lowestBit = (bits: number) => 31 - Math.clz32(bits & -bits);

function startsOf(counts: readonly number[]): Uint32Array {
  const starts = new Uint32Array(counts.length + 1);
  for (const [word, count] of counts.entries()) starts[word + 1] = (starts[word] ?? 0) + count;
  return starts;
}
