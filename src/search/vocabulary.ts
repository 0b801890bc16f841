import SearchableMap from 'minisearch/SearchableMap';
import { stem } from './text-analysis.ts';

/**
 * Shortest word that `startingWith` and `near` find, in characters. Pairs of characters of unspaced scripts are
 * shorter.
 */
const MIN_TREE_CHARS = 3;

/** Numbers the words of the index, counts the tools that have each, and finds words similar to a given one. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();
  readonly #tree = new SearchableMap<number>();
  readonly #forms = new Map<string, number[]>();
  readonly #words: string[] = [];
  readonly #counts: number[] = [];
  readonly #free: number[] = [];

  get(word: string): number | undefined {
    return this.#ids.get(word);
  }

  word(id: number): string {
    return this.#words[id] ?? '';
  }

  /** Number of tools that have the word. */
  tools(id: number): number {
    return this.#counts[id] ?? 0;
  }

  /** Number of tools that have a word, by the word's number. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Counts one tool more or less for a word; callers count a tool once, even if it has the word several times. */
  count(id: number, by: 1 | -1): void {
    this.#counts[id] = this.tools(id) + by;
  }

  /** Returns the number of a word. A new word gets a number, and counts as a word of no tool. */
  learn(word: string): number {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.#words.length;
    this.#words[id] = word;
    this.#counts[id] = 0;
    this.#ids.set(word, id);
    if (word.length >= MIN_TREE_CHARS) this.#tree.set(word, id);
    const base = stem(word);
    const forms = this.#forms.get(base);
    if (forms) forms.push(id);
    else this.#forms.set(base, [id]);
    return id;
  }

  /** Forgets a word that no tool has. */
  forget(id: number): void {
    const word = this.word(id);
    const base = stem(word);
    const forms = this.forms(word).filter((other) => other !== id);
    if (forms.length > 0) this.#forms.set(base, forms);
    else this.#forms.delete(base);
    this.#ids.delete(word);
    if (word.length >= MIN_TREE_CHARS) this.#tree.delete(word);
    this.#free.push(id);
  }

  /** Returns up to `most` words that at least `minCount` tools have, the most frequent first. */
  commonest(minCount: number, most: number): number[] {
    const frequent = [...this.#ids.values()].filter((id) => this.tools(id) >= minCount);
    return frequent.sort((a, b) => this.tools(b) - this.tools(a) || a - b).slice(0, most);
  }

  /** Returns the words with the same stem, including `word` itself. */
  forms(word: string): readonly number[] {
    return this.#forms.get(stem(word)) ?? [];
  }

  /** Returns up to `most` words that begin with `start`, the most frequent first. */
  startingWith(start: string, most: number): number[] {
    return [...this.#tree.atPrefix(start).values()]
      .sort((a, b) => this.tools(b) - this.tools(a) || a - b)
      .slice(0, most);
  }

  /** Returns up to `most` words within so many edits, the nearest first, then the most frequent; absent: all of them. */
  near(word: string, edits: number, most?: number): { id: number; edits: number }[] {
    return [...this.#tree.fuzzyGet(word, edits).values()]
      .map(([id, distance]) => ({ id, edits: distance }))
      .sort((a, b) => a.edits - b.edits || this.tools(b.id) - this.tools(a.id) || a.id - b.id)
      .slice(0, most);
  }
}
