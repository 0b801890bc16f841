import SearchableMap from 'minisearch/SearchableMap';
import { stem } from './stem.ts';

/** The words of the index as numbers, with how many tools have each, and ways to find a word that is not quite the same. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();
  readonly #tree = new SearchableMap<number>();
  readonly #forms = new Map<string, number[]>();
  readonly #words: string[] = [];
  readonly #counts: number[] = [];
  /** By word: the last tool that was counted. */
  readonly #lastTools: number[] = [];
  readonly #free: number[] = [];

  get(word: string): number | undefined {
    return this.#ids.get(word);
  }

  word(id: number): string {
    return this.#words[id] ?? '';
  }

  /** Number of tools that have the word. */
  count(id: number): number {
    return this.#counts[id] ?? 0;
  }

  /** By word: how many tools have it. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** Counts one more tool that has the word, once however often it does; a new word is learnt. Tools come one by one. */
  add(word: string, tool: number): number {
    const id = this.#ids.get(word) ?? this.#learn(word);
    if (this.#lastTools[id] !== tool) this.#counts[id] = this.count(id) + 1;
    this.#lastTools[id] = tool;
    return id;
  }

  /** Counts one tool less; a word without tools is forgotten. */
  release(id: number): void {
    const count = this.count(id) - 1;
    this.#counts[id] = count;
    this.#lastTools[id] = -1;
    if (count === 0) this.#forget(id);
  }

  /** Words that at least so many tools have, the most frequent first. */
  commonest(minCount: number, most: number): number[] {
    const frequent = [...this.#ids.values()].filter((id) => this.count(id) >= minCount);
    return frequent.sort((a, b) => this.count(b) - this.count(a) || a - b).slice(0, most);
  }

  /** Words with the same stem, that of `word` itself included. */
  forms(word: string): readonly number[] {
    return this.#forms.get(stem(word)) ?? [];
  }

  /** Words that begin with `start`, most frequent first. */
  startingWith(start: string, most: number): number[] {
    return [...this.#tree.atPrefix(start).values()]
      .sort((a, b) => this.count(b) - this.count(a) || a - b)
      .slice(0, most);
  }

  /** Words within so many edits, nearest first, then the most frequent. */
  near(word: string, edits: number, most: number): { id: number; edits: number }[] {
    return [...this.#tree.fuzzyGet(word, edits).values()]
      .map(([id, distance]) => ({ id, edits: distance }))
      .sort((a, b) => a.edits - b.edits || this.count(b.id) - this.count(a.id) || a.id - b.id)
      .slice(0, most);
  }

  #learn(word: string): number {
    const id = this.#free.pop() ?? this.#words.length;
    this.#words[id] = word;
    this.#counts[id] = 0;
    this.#lastTools[id] = -1;
    this.#ids.set(word, id);
    this.#tree.set(word, id);
    const base = stem(word);
    this.#forms.set(base, [...(this.#forms.get(base) ?? []), id]);
    return id;
  }

  #forget(id: number): void {
    const word = this.word(id);
    const base = stem(word);
    const forms = this.forms(word).filter((other) => other !== id);
    if (forms.length > 0) this.#forms.set(base, forms);
    else this.#forms.delete(base);
    this.#ids.delete(word);
    this.#tree.delete(word);
    this.#free.push(id);
  }
}
