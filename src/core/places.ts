import { shareOf } from './shares.ts';

/** Places for what runs, such as calls or jobs: bounded in number, with room for others where there may be any. */
export class Places {
  readonly #max: () => number;
  readonly #isShared: () => boolean;
  readonly #callers = new Map<string, number>();
  #taken = 0;

  /** `isShared`: several callers may come. */
  constructor(max: () => number, isShared: () => boolean) {
    this.#max = max;
    this.#isShared = isShared;
  }

  /** All that are taken. */
  get taken(): number {
    return this.#taken;
  }

  hasRoomFor(caller: string): boolean {
    const own = this.#callers.get(caller) ?? 0;
    return own < shareOf(this.#max(), { others: this.#taken - own, isShared: this.#isShared() });
  }

  /** Takes one; returns what gives it back, once. */
  take(caller: string): () => void {
    this.#change(caller, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#change(caller, -1);
      isTaken = false;
    };
  }

  #change(caller: string, by: number): void {
    this.#taken += by;
    const own = (this.#callers.get(caller) ?? 0) + by;
    if (own > 0) this.#callers.set(caller, own);
    else this.#callers.delete(caller);
  }
}
