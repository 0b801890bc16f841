import { type Kept, Shares } from '../../core/shares.ts';

/** Takes a place in it: what was kept is forgotten. */
type Forget = () => void;

/** Room for the kept results of all clients: of what is too much the oldest of the caller who has the most is forgotten. */
export class ResultRoom {
  readonly #maxChars: () => number;
  readonly #shares = new Shares<Forget>();

  constructor(maxChars: () => number) {
    this.#maxChars = maxChars;
  }

  /** Room for a text; returns what gives it back. `forget` is called when the text has to go. */
  take(caller: string, chars: number, forget: Forget): () => void {
    const kept: Kept<Forget> = this.#shares.add(caller, forget, chars);
    while (this.#shares.size > this.#maxChars()) {
      const dropped = this.#shares.drop();
      if (!dropped) break;
      dropped.item();
    }
    return () => this.#shares.remove(kept);
  }
}
