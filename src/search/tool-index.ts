import { BoundedMap } from '../core/bounded-map.ts';
import { Documents, type DocumentWords } from './documents.ts';
import { FIELDS, type Field, type FieldTerms } from './fields.ts';
import { Postings, type WordScores } from './postings.ts';
import { Vocabulary } from './vocabulary.ts';

const MAX_MEMOS = 4000;
const MIN_SERVER_PART_CHARS = 4;
/** Words learnt or forgotten between two moments at which the work may pause. */
const WORDS_AT_A_TIME = 16;

/** The words of the index that stand for one word of a query. */
export interface WordMatches {
  /** Inverse document frequency of all forms of the query's word together. */
  readonly rarity: number;
  /** The weight of each word, by its id: up to 1, for how well it stands for the query's word. */
  readonly matches: ReadonlyMap<number, number>;
}

/** Index of the words of each tool. It keeps the scores of each word until the index changes. */
export class ToolIndex {
  readonly vocabulary = new Vocabulary();
  /** Sums up the scores of a search, tool by tool. One is enough, since a search is over before the next one begins. */
  readonly tally = new ScoreAccumulator();
  readonly #weights: Readonly<Record<Field, number>>;
  readonly #documents = new Documents();
  /** Number of documents that have the word in their server's name. */
  readonly #serverWords = new Map<number, number>();
  /** The same words by their first and by their last four characters; built when a search first asks for them. */
  #serverEnds: ReadonlyMap<string, readonly number[]> | undefined;
  #postings: Postings | undefined;
  readonly #memos = new BoundedMap<string, WordMatches>({ maxEntries: MAX_MEMOS });

  constructor(weights: Readonly<Record<Field, number>>) {
    this.#weights = weights;
  }

  get size(): number {
    return this.#documents.size;
  }

  /** A number greater than that of every document. */
  get capacity(): number {
    return this.#documents.capacity;
  }

  /**
   * Adds a document under a small number that is not in use. The work may pause at each `yield` while new words are
   * learnt; the document comes whole, with the last step. Documents are added and removed one after the other.
   */
  *add(id: number, terms: FieldTerms): Generator<void> {
    const fields: number[][] = [];
    for (const field of FIELDS) {
      const words: number[] = [];
      for (const word of terms[field]) {
        words.push(this.vocabulary.learn(word));
        if (words.length % WORDS_AT_A_TIME === 0) yield;
      }
      fields.push(words);
    }
    for (const word of new Set(fields.flat())) this.vocabulary.count(word, 1);
    this.#documents.add(id, fields);
    for (const word of fields[FIELDS.indexOf('server')] ?? []) this.#countServerWord(word, 1);
    this.#changed();
  }

  /** Forgets a document at once, and the words that only it had in steps; does nothing for an unknown number. */
  *remove(id: number): Generator<void> {
    if (!this.#documents.has(id)) return;
    const document = this.#documents.get(id);
    for (const word of document.fields.server) this.#countServerWord(word, -1);
    const words = [...new Set(document.ids)];
    for (const word of words) this.vocabulary.count(word, -1);
    this.#documents.remove(id);
    this.#changed();
    const unused = words.filter((word) => this.vocabulary.tools(word) === 0);
    for (const [at, word] of unused.entries()) {
      if (at % WORDS_AT_A_TIME === WORDS_AT_A_TIME - 1) yield;
      this.vocabulary.forget(word);
      this.#memos.clear();
    }
  }

  /** Returns the words of a document; none for an unknown number. */
  words(id: number): DocumentWords {
    return this.#documents.get(id);
  }

  /** Returns BM25's inverse document frequency of a word that `count` documents have: the rarer, the greater. */
  rarity(count: number): number {
    return Math.log(1 + (this.size - Math.min(count, this.size) + 0.5) / (count + 0.5));
  }

  /** Returns the longer words of server names that begin or end with `part`: wiki → mediawiki. */
  serverWordsWith(part: string): number[] {
    if (part.length < MIN_SERVER_PART_CHARS) return [];
    this.#serverEnds ??= this.#endsOfServerWords();
    const first = this.#serverEnds.get(part.slice(0, MIN_SERVER_PART_CHARS)) ?? [];
    const last = this.#serverEnds.get(part.slice(-MIN_SERVER_PART_CHARS)) ?? [];
    return [...new Set([...first, ...last])].filter((id) => {
      const word = this.vocabulary.word(id);
      return word.length > part.length && (word.startsWith(part) || word.endsWith(part));
    });
  }

  /** True if some server's name or tags have the word. */
  isServerWord(word: string): boolean {
    const id = this.vocabulary.get(word);
    return id !== undefined && this.#serverWords.has(id);
  }

  scores(word: number): WordScores {
    this.prepare();
    return (this.#postings as Postings).of(word); // `prepare` has set it
  }

  /** Builds the postings now, which the next search would otherwise have to do first. */
  prepare(): void {
    this.#postings ??= new Postings(this.#documents, this.vocabulary.counts, this.#weights);
  }

  /** Returns the matches of a word of a query; calls `find` unless they are known since the index last changed. */
  memo(word: string, find: () => WordMatches): WordMatches {
    const known = this.#memos.get(word);
    if (known) return known;
    const found = find();
    this.#memos.set(word, found);
    return found;
  }

  #changed(): void {
    this.#postings = undefined;
    this.#memos.clear();
  }

  #endsOfServerWords(): ReadonlyMap<string, readonly number[]> {
    const ends = new Map<string, number[]>();
    for (const id of this.#serverWords.keys()) {
      const word = this.vocabulary.word(id);
      for (const end of new Set([word.slice(0, MIN_SERVER_PART_CHARS), word.slice(-MIN_SERVER_PART_CHARS)])) {
        const known = ends.get(end);
        if (known) known.push(id);
        else ends.set(end, [id]);
      }
    }
    return ends;
  }

  #countServerWord(word: number, by: number): void {
    this.#serverEnds = undefined;
    const count = (this.#serverWords.get(word) ?? 0) + by;
    if (count > 0) this.#serverWords.set(word, count);
    else this.#serverWords.delete(word);
  }
}

/**
 * Sums of one search, by document. Every search uses the same arrays: making them anew for 10,000 tools would cost 400
 * KB of zeros each time.
 */
export class ScoreAccumulator {
  /** Numbers of the documents with a score, in no particular order; only the first `size` elements count. */
  documents = new Uint32Array();
  size = 0;
  scores = new Float64Array();
  #covered = new Float64Array();
  // The same for the current concept: for each document the best of the words that stand for the concept.
  #found = new Uint32Array();
  #foundSize = 0;
  #best = new Float64Array();
  #weights = new Float64Array();

  /** Begins a search among documents with numbers below `capacity`. */
  begin(capacity: number): void {
    for (let at = 0; at < this.size; at++) {
      const document = this.documents[at] ?? 0;
      this.scores[document] = 0;
      this.#covered[document] = 0;
    }
    this.size = 0;
    if (this.scores.length < capacity) this.#grow(capacity);
  }

  /**
   * Notes the documents of one word of the current concept; `weight`, up to 1, says how well the word stands for it.
   */
  offer({ documents, scores }: WordScores, weight: number): void {
    const best = this.#best;
    const weights = this.#weights;
    for (let at = 0; at < documents.length; at++) {
      const document = documents[at] ?? 0;
      const score = weight * (scores[at] ?? 0);
      const known = weights[document] ?? 0;
      if (known === 0) this.#found[this.#foundSize++] = document;
      if (score > (best[document] ?? 0)) best[document] = score;
      if (weight > known) weights[document] = weight;
    }
  }

  /**
   * Adds the current concept to the sums: less than its importance, half of it if the score is `saturation` times the
   * rarity.
   */
  add({ rarity, importance }: { rarity: number; importance: number }, saturation: number): void {
    for (let at = 0; at < this.#foundSize; at++) {
      const document = this.#found[at] ?? 0;
      const covered = this.#covered[document] ?? 0;
      if (covered === 0) this.documents[this.size++] = document;
      const strength = (this.#best[document] ?? 0) / rarity;
      this.scores[document] = (this.scores[document] ?? 0) + (importance * strength) / (strength + saturation);
      this.#covered[document] = covered + importance * Math.sqrt(this.#weights[document] ?? 0);
      this.#best[document] = 0;
      this.#weights[document] = 0;
    }
    this.#foundSize = 0;
  }

  /** Multiplies each score by the share of the query that the document covers, to the power of `coverage`. */
  end(coverage: number): void {
    for (let at = 0; at < this.size; at++) {
      const document = this.documents[at] ?? 0;
      this.scores[document] = (this.scores[document] ?? 0) * (this.#covered[document] ?? 0) ** coverage;
    }
  }

  #grow(capacity: number): void {
    const length = Math.ceil(capacity * 1.25);
    [this.documents, this.#found] = [new Uint32Array(length), new Uint32Array(length)];
    [this.scores, this.#covered] = [new Float64Array(length), new Float64Array(length)];
    [this.#best, this.#weights] = [new Float64Array(length), new Float64Array(length)];
  }
}
