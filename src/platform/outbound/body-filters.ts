/** What becomes of a body chunk by chunk: what to pass on, or `undefined` for the end. Throws where it is too long. */
export interface BodyFilter {
  take(chunk: Uint8Array): Uint8Array | undefined;
  /** What is left at the end. */
  rest(): Uint8Array | undefined;
}

/** All of it, up to a length. */
export class Whole implements BodyFilter {
  readonly #max: number;
  #bytes = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(chunk: Uint8Array): Uint8Array {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#max) throw tooLong('the answer', this.#max);
    return chunk;
  }

  rest(): undefined {
    return undefined;
  }
}

/** Its beginning; the rest is not read. */
export class Beginning implements BodyFilter {
  #left: number;

  constructor(max: number) {
    this.#left = max;
  }

  take(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#left === 0) return undefined;
    const kept = chunk.subarray(0, this.#left);
    this.#left -= kept.byteLength;
    return kept;
  }

  rest(): undefined {
    return undefined;
  }
}

/** Why more is not taken. */
export function tooLong(what: string, max: number): Error {
  return new Error(`${what} is longer than the ${max / 1024 / 1024} MiB that are taken`);
}
