/** A place in the line, of one who waits. */
export interface Place {
  readonly priority: number;
  /** Counts those who came. */
  readonly arrival: number;
}

/** Who waits, higher priority first and in order of arrival within one: a place is found by halving, never by counting. */
export class WaitingLine {
  /** In the order in which it is their turn. */
  readonly #places: Place[] = [];
  #arrivals = 0;

  /** Whose turn it is. */
  get first(): Place | undefined {
    return this.#places[0];
  }

  join(priority: number): Place {
    const place = { priority, arrival: this.#arrivals++ };
    this.#places.splice(this.#before(place), 0, place);
    return place;
  }

  /** The place in the line, 1 = next; undefined when it was left. */
  position(place: Place): number | undefined {
    const before = this.#before(place);
    return this.#places[before] === place ? before + 1 : undefined;
  }

  /** Does nothing when it was left before. */
  leave(place: Place): void {
    const position = this.position(place);
    if (position !== undefined) this.#places.splice(position - 1, 1);
  }

  /** How many come before. */
  #before({ priority, arrival }: Place): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle] as Place; // within the bounds
      const isBefore = other.priority > priority || (other.priority === priority && other.arrival < arrival);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
