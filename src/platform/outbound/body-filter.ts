/** Longest answer of a server, in decoded bytes: as long as a message over stdio and WebSocket may be. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Bytes that are read of a body that only explains a refusal. */
export const MAX_ERROR_BYTES = 64 * 1024;

/** The parts of an answer that decide how much of its body is read. */
interface Head {
  /** True for a status of 2xx. */
  readonly ok: boolean;
  /** Value of a header, whose name is in lower case. */
  header(name: string): string | null;
}

/**
 * The filter that bounds a body; it counts bytes after decompression. An answer and each event of a stream may have
 * `maxBytes`. Of a body that is no answer the first 64 KiB are read. Undefined: the sender announced a length within
 * the bound, and the HTTP parser reads no further.
 */
export function filterFor(head: Head, maxBytes = MAX_ANSWER_BYTES): BodyFilter | undefined {
  const type = head.header('content-type') ?? '';
  const { ok } = head;
  if (ok && /^text\/event-stream\b/i.test(type)) return new EventLines(maxBytes);
  const isAnswer = ok && /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
  const most = isAnswer ? maxBytes : MAX_ERROR_BYTES;
  const length = head.header('content-length');
  if (length !== null && head.header('content-encoding') === null && Number(length) <= most) return undefined;
  return isAnswer ? new Whole(most) : new Beginning(most);
}

/**
 * A filter over the chunks of a body. `take` returns the bytes to pass on, or `undefined` to end the body, and throws
 * where it is too long.
 */
export interface BodyFilter {
  take(chunk: Uint8Array): Uint8Array | undefined;
  /** Bytes that are left at the end. */
  rest(): Uint8Array | undefined;
}

/** Passes the whole body. Throws beyond a length. */
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

/** Passes the beginning of a body; the rest is not read. */
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

function tooLong(what: string, max: number): Error {
  return new Error(`${what} is longer than the ${max / 1024 / 1024} MiB that are taken`);
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const NOTHING = new Uint8Array(0);

/**
 * Passes a stream of server-sent events on in whole lines, with a bound on each event. Whole lines, because the parser
 * behind it searches an unfinished line again with every chunk: an event of 100 MB would keep it busy for minutes.
 */
class EventLines implements BodyFilter {
  readonly #max: number;
  /** Chunks of an unfinished line. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Bytes of the current event that were passed on. */
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

  /**
   * Updates the size of the current event. An empty line ends an event, and all events before the last empty line were
   * passed on whole.
   */
  #count(lines: Uint8Array): void {
    if (lines.byteLength === 0) return;
    const end = lastEmptyLine(lines, this.#last);
    this.#passedBytes = end < 0 ? this.#passedBytes + lines.byteLength : lines.byteLength - end;
    this.#last = lines.at(-1) ?? 0;
  }
}

/** Index after the last empty line; -1 if there is none. `before` is the last byte of the previous chunk. */
function lastEmptyLine(lines: Uint8Array, before: number): number {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const ends = ['\n\n', '\n\r', '\r\r'].map((end) => text.lastIndexOf(end));
  const last = Math.max(...ends);
  if (last >= 0) return last + 2;
  // The empty line may have begun in the previous chunk. CR and LF together are one line break.
  const [first] = lines;
  const isEnd = before === NEWLINE ? first === NEWLINE || first === RETURN : before === RETURN && first === RETURN;
  return isEnd ? 1 : -1;
}
