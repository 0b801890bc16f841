import SearchableMap from 'minisearch/SearchableMap';
import { stem } from './text-analysis.ts';

/** Shortest word that may be found by its beginning or by words like it; pairs of characters of unspaced scripts are shorter. */
const MIN_TREE_CHARS = 3;

/** The words of the index as numbers, with how many tools have each, and ways to find a word that is not quite the same. */
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

  /** By word: how many tools have it. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Counts one tool more or less that has the word, once however often it does. */
  count(id: number, by: 1 | -1): void {
    this.#counts[id] = this.tools(id) + by;
  }

  /** The number of a word, which no tool has yet if it is new. */
  learn(word: string): number {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.#words.length;
    this.#words[id] = word;
    this.#counts[id] = 0;
    this.#ids.set(word, id);
    if (word.length >= MIN_TREE_CHARS) this.#tree.set(word, id);
    const base = stem(word);
    this.#forms.set(base, [...(this.#forms.get(base) ?? []), id]);
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

  /** Words that at least so many tools have, the most frequent first. */
  commonest(minCount: number, most: number): number[] {
    const frequent = [...this.#ids.values()].filter((id) => this.tools(id) >= minCount);
    return frequent.sort((a, b) => this.tools(b) - this.tools(a) || a - b).slice(0, most);
  }

  /** Words with the same stem, that of `word` itself included. */
  forms(word: string): readonly number[] {
    return this.#forms.get(stem(word)) ?? [];
  }

  /** Words that begin with `start`, most frequent first. */
  startingWith(start: string, most: number): number[] {
    return [...this.#tree.atPrefix(start).values()]
      .sort((a, b) => this.tools(b) - this.tools(a) || a - b)
      .slice(0, most);
  }

  /** Words within so many edits, nearest first, then the most frequent. */
  near(word: string, edits: number, most: number): { id: number; edits: number }[] {
    return [...this.#tree.fuzzyGet(word, edits).values()]
      .map(([id, distance]) => ({ id, edits: distance }))
      .sort((a, b) => a.edits - b.edits || this.tools(b.id) - this.tools(a.id) || a.id - b.id)
      .slice(0, most);
  }
}
