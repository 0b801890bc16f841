/** A place in a `FairLine`, with its owner and item. */
export interface FairPlace<T> {
  readonly owner: string;
  readonly item: T;
  readonly place: QueuePosition;
}

/** A queue of several owners, who take turns. Priority orders the items of one owner only. */
export class FairLine<T> {
  /** In the order of their turns. */
  readonly #lines = new Map<
    string,
    { readonly line: WaitingLine; readonly places: Map<QueuePosition, FairPlace<T>> }
  >();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#lines.get(owner)?.places.size ?? 0;
  }

  join(owner: string, priority: number, item: T): FairPlace<T> {
    const own = this.#lines.get(owner) ?? { line: new WaitingLine(), places: new Map() };
    this.#lines.set(owner, own);
    const joined = { owner, item, place: own.line.join(priority) };
    own.places.set(joined.place, joined);
    this.#size++;
    return joined;
  }

  /** Gives a place up; does nothing if it was given up before. */
  leave({ owner, place }: FairPlace<T>): void {
    const own = this.#lines.get(owner);
    if (!own?.places.delete(place)) return;
    own.line.leave(place);
    this.#size--;
    if (own.places.size === 0) this.#lines.delete(owner);
  }

  /** Removes the next item of the first owner, in the order of turns, for whom `may` returns true. */
  take(may: (owner: string) => boolean): FairPlace<T> | undefined {
    for (const [owner, own] of this.#lines) {
      const next = may(owner) && own.line.first && own.places.get(own.line.first);
      if (!next) continue;
      // The turn of this owner comes last now.
      this.#lines.delete(owner);
      this.#lines.set(owner, own);
      this.leave(next);
      return next;
    }
    return undefined;
  }

  /**
   * Returns the position in the line, 1 = next, provided that each owner may have an item at its turn; undefined if the
   * place was given up.
   */
  position({ owner, place }: FairPlace<T>): number | undefined {
    const own = this.#lines.get(owner)?.line.position(place);
    if (own === undefined) return undefined;
    let position = own;
    let turn = 0;
    for (const [other, { places }] of this.#lines) {
      if (other === owner) turn = 1;
      else position += Math.min(places.size, own - turn);
    }
    return position;
  }
}

/** A place in a `WaitingLine`. */
export interface QueuePosition {
  readonly priority: number;
  /** Arrival number: breaks ties within a priority. */
  readonly arrival: number;
}

/** A queue by priority, higher first, and by arrival within one. A place is found by halving, never by counting. */
export class WaitingLine {
  /** In the order of their turns. */
  readonly #places: QueuePosition[] = [];
  #arrivals = 0;

  /** The next place; undefined if the line is empty. */
  get first(): QueuePosition | undefined {
    return this.#places[0];
  }

  join(priority: number): QueuePosition {
    const place = { priority, arrival: this.#arrivals++ };
    this.#places.splice(this.#before(place), 0, place);
    return place;
  }

  /** Returns the position in the line, 1 = next; undefined if the place was given up. */
  position(place: QueuePosition): number | undefined {
    const before = this.#before(place);
    return this.#places[before] === place ? before + 1 : undefined;
  }

  /** Gives a place up; does nothing if it was given up before. */
  leave(place: QueuePosition): void {
    const position = this.position(place);
    if (position !== undefined) this.#places.splice(position - 1, 1);
  }

  /** Number of places before this one. */
  #before({ priority, arrival }: QueuePosition): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle] as QueuePosition; // within the bounds
      const isBefore = other.priority > priority || (other.priority === priority && other.arrival < arrival);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
