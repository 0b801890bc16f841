/** A place in the line, and whose it is. */
export interface FairPlace<T> {
  readonly owner: string;
  readonly item: T;
  readonly place: QueuePosition;
}

/** Who waits, of several owners: these take turns, and only what one of them waits for is ordered by priority. */
export class FairLine<T> {
  /** In the order in which it is their turn. */
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

  /** Does nothing when it was left before. */
  leave({ owner, place }: FairPlace<T>): void {
    const own = this.#lines.get(owner);
    if (!own?.places.delete(place)) return;
    own.line.leave(place);
    this.#size--;
    if (own.places.size === 0) this.#lines.delete(owner);
  }

  /** Takes out the next, of the first owner whose turn it is and who may have it. */
  take(may: (owner: string) => boolean): FairPlace<T> | undefined {
    for (const [owner, own] of this.#lines) {
      const next = may(owner) && own.line.first && own.places.get(own.line.first);
      if (!next) continue;
      // The others come first now.
      this.#lines.delete(owner);
      this.#lines.set(owner, own);
      this.leave(next);
      return next;
    }
    return undefined;
  }

  /** The place in the line, 1 = next, as long as everybody may have what comes next; undefined when it was left. */
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

/** A place in the line, of one who waits. */
export interface QueuePosition {
  readonly priority: number;
  /** Counts those who came. */
  readonly arrival: number;
}

/** Who waits, higher priority first and in order of arrival within one: a place is found by halving, never by counting. */
export class WaitingLine {
  /** In the order in which it is their turn. */
  readonly #places: QueuePosition[] = [];
  #arrivals = 0;

  /** Whose turn it is. */
  get first(): QueuePosition | undefined {
    return this.#places[0];
  }

  join(priority: number): QueuePosition {
    const place = { priority, arrival: this.#arrivals++ };
    this.#places.splice(this.#before(place), 0, place);
    return place;
  }

  /** The place in the line, 1 = next; undefined when it was left. */
  position(place: QueuePosition): number | undefined {
    const before = this.#before(place);
    return this.#places[before] === place ? before + 1 : undefined;
  }

  /** Does nothing when it was left before. */
  leave(place: QueuePosition): void {
    const position = this.position(place);
    if (position !== undefined) this.#places.splice(position - 1, 1);
  }

  /** How many come before. */
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
