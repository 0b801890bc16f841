/**
 * Length of the endings by which texts are hashed, in characters. Endings, because beginnings such as `Bearer ` are
 * common to many texts.
 */
const SHORT = 4;
const LONG = 8;
const FACTOR = 0x9e3779b1;

/** Finds texts of at least four characters each in another text, in linear time, however many there are. */
export class TextFinder {
  readonly #texts: readonly string[];
  readonly #tables: readonly Table[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#tables = [
      new Table(SHORT, texts, ({ length }) => length < LONG),
      new Table(LONG, texts, ({ length }) => length >= LONG),
    ];
  }

  /** Returns the indices of the texts that occur in `text`. */
  in(text: string): Set<number> {
    const found = new Set<number>();
    for (const table of this.#tables) {
      table.look(text, (at, end) => {
        const each = this.#texts[at] ?? '';
        if (text.startsWith(each, end - each.length)) found.add(at);
      });
    }
    return found;
  }
}

/** Texts by the hash of their last `size` characters. */
class Table {
  readonly #size: number;
  readonly #byHash = new Map<number, number[]>();
  /**
   * One byte per value of the hash's first bits: 1 if a text has it. Quicker than a lookup in the map at each
   * character.
   */
  readonly #holds: Uint8Array;
  readonly #shift: number;
  /** Factor of the character that leaves the rolling hash. */
  readonly #leaving: number;

  constructor(size: number, texts: readonly string[], isMeant: (text: string) => boolean) {
    this.#size = size;
    this.#leaving = power(size);
    for (const [at, text] of texts.entries()) {
      if (!isMeant(text)) continue;
      const hash = this.#hashOf(text.slice(-size));
      const others = this.#byHash.get(hash);
      if (others) others.push(at);
      else this.#byHash.set(hash, [at]);
    }
    // Sixteen entries per text, so that most characters hit an empty one.
    const bits = Math.ceil(Math.log2(this.#byHash.size + 1)) + 4;
    this.#shift = 32 - bits;
    this.#holds = new Uint8Array(1 << bits);
    for (const hash of this.#byHash.keys()) this.#holds[hash >>> this.#shift] = 1;
  }

  #hashOf(text: string): number {
    let hash = 0;
    for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at)) | 0;
    return hash;
  }

  /** Calls `take` with the index of each text that may end at a position, and with the position. */
  look(text: string, take: (at: number, end: number) => void): void {
    if (this.#byHash.size === 0) return;
    let hash = 0;
    for (let at = 0; at < text.length; at++) {
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at)) | 0;
      if (at >= this.#size) hash = (hash - Math.imul(text.charCodeAt(at - this.#size), this.#leaving)) | 0;
      if (this.#holds[hash >>> this.#shift] === 1) for (const each of this.#byHash.get(hash) ?? []) take(each, at + 1);
    }
  }
}

function power(exponent: number): number {
  let result = 1;
  for (let times = 0; times < exponent; times++) result = Math.imul(result, FACTOR);
  return result;
}
