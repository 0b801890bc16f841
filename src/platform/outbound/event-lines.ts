import { type BodyFilter, tooLong } from './body-filters.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const NOTHING = new Uint8Array(0);

/**
 * A stream of server-sent events, passed on in whole lines, with a bound on each event. In whole lines, because the parser
 * behind it looks through an unfinished line again with every chunk: an event of 100 MB would keep it busy for minutes.
 */
export class EventLines implements BodyFilter {
  readonly #max: number;
  /** Chunks of a line that has not ended. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Bytes of this event that have been passed on. */
  #passedBytes = 0;
  /** The last byte that was passed on. */
  #last = 0;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  take(chunk: Uint8Array): Uint8Array {
    const end = Math.max(chunk.lastIndexOf(NEWLINE), chunk.lastIndexOf(RETURN)) + 1;
    const lines = end === 0 ? NOTHING : this.#joined(chunk.subarray(0, end));
    if (end < chunk.byteLength) this.#hold(chunk.subarray(end));
    this.#count(lines);
    if (this.#passedBytes + this.#heldBytes > this.#max) throw tooLong('an event of the stream', this.#max);
    return lines;
  }

  rest(): Uint8Array | undefined {
    return this.#heldBytes > 0 ? this.#joined(NOTHING) : undefined;
  }

  #hold(part: Uint8Array): void {
    this.#held.push(part);
    this.#heldBytes += part.byteLength;
  }

  #joined(end: Uint8Array): Uint8Array {
    if (this.#held.length === 0) return end;
    const whole = Buffer.concat([...this.#held, end]);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }

  /** An empty line ends an event; those before the last one have been passed on whole. */
  #count(lines: Uint8Array): void {
    if (lines.byteLength === 0) return;
    const end = lastEmptyLine(lines, this.#last);
    this.#passedBytes = end < 0 ? this.#passedBytes + lines.byteLength : lines.byteLength - end;
    this.#last = lines.at(-1) ?? 0;
  }
}

/** Where what follows the last empty line begins; -1 where there is none. */
function lastEmptyLine(lines: Uint8Array, before: number): number {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const ends = ['\n\n', '\n\r', '\r\r'].map((end) => text.lastIndexOf(end));
  const last = Math.max(...ends);
  if (last >= 0) return last + 2;
  // It may have begun in the chunk before; the two halves of a CRLF are one end.
  const [first] = lines;
  const isEnd = before === NEWLINE ? first === NEWLINE || first === RETURN : before === RETURN && first === RETURN;
  return isEnd ? 1 : -1;
}
