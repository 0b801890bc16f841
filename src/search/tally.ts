import type { WordScores } from './postings.ts';

/**
 * What one search adds up, by document. Its arrays serve every search: making them anew for 10,000 tools would cost 400 KB
 * of zeros each time.
 */
export class Tally {
  /** Numbers of the documents that have a score, of which the first `size` count; in no particular order. */
  documents = new Uint32Array();
  size = 0;
  scores = new Float64Array();
  #covered = new Float64Array();
  // The same of the concept that is being looked at: of the words that stand for it, the best in each document.
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

  /** The documents of one of the words that stand for the concept at hand, and how well it does so. */
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

  /** Adds the concept at hand to the sums: up to `saturation`, by importance. */
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

  /** Makes each score count by how much of the query is covered. */
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
