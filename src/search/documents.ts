import { FIELDS, type Field } from './fields.ts';

/** Word ids of one document: all of them, field after field, and those of each field. */
export interface DocumentWords {
  readonly ids: Uint32Array;
  readonly fields: Readonly<Record<Field, Uint32Array>>;
}

/** Numbers stored for a document: where each field begins in the array of all ids, and where the last one ends. */
const BOUNDS = FIELDS.length + 1;
const GROWTH = 1.5;

/**
 * The word ids of all documents in one array. An array for each document took more room for itself than for its few
 * words, and cost the garbage collector time.
 */
export class Documents {
  #ids = new Uint32Array(1024);
  // Index 0 is never used, so that 0 as the beginning of a document means that it does not exist.
  #end = 1;
  /** Number of ids of documents that are still in the index. */
  #live = 0;
  #bounds = new Uint32Array(64 * BOUNDS);
  #size = 0;
  #capacity = 0;

  /** Number of documents. */
  get size(): number {
    return this.#size;
  }

  /** A number greater than that of every document. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Adds a document under a small number that is not in use; `fields` has its word ids in the order of `FIELDS`. */
  add(document: number, fields: readonly (readonly number[])[]): void {
    const words = fields.reduce((sum, field) => sum + field.length, 0);
    this.#makeRoom(document, words);
    for (const [field, ids] of fields.entries()) {
      this.#bounds[document * BOUNDS + field] = this.#end;
      this.#ids.set(ids, this.#end);
      this.#end += ids.length;
    }
    this.#bounds[document * BOUNDS + fields.length] = this.#end;
    this.#live += words;
    this.#size++;
    this.#capacity = Math.max(this.#capacity, document + 1);
  }

  /** Forgets a document; does nothing for an unknown number. */
  remove(document: number): void {
    if (!this.has(document)) return;
    this.#live -= this.bound(document, FIELDS.length) - this.bound(document, 0);
    this.#bounds.fill(0, document * BOUNDS, (document + 1) * BOUNDS);
    this.#size--;
  }

  has(document: number): boolean {
    return this.bound(document, 0) > 0;
  }

  /** Returns the words of a document, none for an unknown number, as views that are valid until the next `add`. */
  get(document: number): DocumentWords {
    const between = (from: number, to: number) =>
      this.#ids.subarray(this.bound(document, from), this.bound(document, to));
    const fields = {
      name: between(0, 1),
      server: between(1, 2),
      summary: between(2, 3),
      details: between(3, 4),
      parameters: between(4, 5),
      parameterDetails: between(5, 6),
    } satisfies DocumentWords['fields'];
    return { ids: between(0, FIELDS.length), fields };
  }

  /** All words of all documents, for loops that must not allocate an object for each document; see `bound`. */
  get ids(): Uint32Array {
    return this.#ids;
  }

  /**
   * Returns the index in `ids` at which a field begins, or, for `FIELDS.length`, at which the last one ends; 0 for an
   * unknown document.
   */
  bound(document: number, field: number): number {
    return this.#bounds[document * BOUNDS + field] ?? 0;
  }

  #makeRoom(document: number, words: number): void {
    if ((document + 1) * BOUNDS > this.#bounds.length) {
      const bounds = new Uint32Array(Math.ceil((document + 1) * GROWTH) * BOUNDS);
      bounds.set(this.#bounds);
      this.#bounds = bounds;
    }
    if (this.#end + words > this.#ids.length) this.#rewrite(Math.ceil((this.#live + words + 1) * GROWTH));
  }

  /** Copies the ids of the documents that are still in the index to a new array. */
  #rewrite(length: number): void {
    const ids = new Uint32Array(length);
    let end = 1;
    for (let document = 0; document < this.#capacity; document++) {
      const begin = this.bound(document, 0);
      if (begin === 0) continue;
      ids.set(this.#ids.subarray(begin, this.bound(document, FIELDS.length)), end);
      const moved = end - begin;
      for (let field = 0; field < BOUNDS; field++)
        this.#bounds[document * BOUNDS + field] = this.bound(document, field) + moved;
      end = this.bound(document, FIELDS.length);
    }
    this.#ids = ids;
    this.#end = end;
  }
}
