/** Keeps the first `most` of what it is offered, in order; `before` says whether `a` comes before `b`. */
export class Best<T> {
  readonly items: T[] = [];
  readonly #most: number;
  readonly #before: (a: T, b: T) => boolean;

  constructor(most: number, before: (a: T, b: T) => boolean) {
    this.#most = most;
    this.#before = before;
  }

  /** The one that a further item has to come before; undefined while there is room. */
  get last(): T | undefined {
    return this.items[this.#most - 1];
  }

  offer(item: T): void {
    if (this.last !== undefined && !this.#before(item, this.last)) return;
    this.items.splice(this.#placeOf(item), 0, item);
    if (this.items.length > this.#most) this.items.pop();
  }

  #placeOf(item: T): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#before(item, this.items[middle] as T))
        high = middle; // middle is below the length
      else low = middle + 1;
    }
    return low;
  }
}
