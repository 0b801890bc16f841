import type { Writable } from 'node:stream';

const NEWLINE = 10;
/** Bytes of each end of a skipped line that are kept. */
const CLIP_BYTES = 128;

/** Both ends of a line that was longer than `maxBytes`. */
export interface ClippedLine {
  readonly head: string;
  readonly tail: string;
}

interface LineSplitterOptions {
  /** Longest line kept, in bytes. A longer one is skipped to its end and reported. */
  readonly maxBytes: number;
  /** Called with each complete, non-blank line, without its line break. */
  readonly onLine: (line: string) => void;
  /** Called once for each skipped line. */
  readonly onOverflow: (line: ClippedLine) => void;
}

/** Takes the chunks of a stream. `end` takes the bytes after the last line break as a line of its own. */
interface LineSplitter {
  (chunk: Buffer): void;
  end(): void;
}

/**
 * Splits a byte stream into lines. Every byte is looked at once and copied at most once, so a line of 50 MB costs as
 * much as 50 lines of 1 MB. The SDK's own buffer joins all earlier chunks again with each new one (9 MB took 325 ms).
 */
export function createLineSplitter(options: LineSplitterOptions): LineSplitter {
  let parts: Buffer[] = [];
  let bytes = 0;
  let head: Buffer | undefined;

  const keep = (part: Buffer) => {
    bytes += part.length;
    parts.push(part);
    if (bytes <= options.maxBytes) return;
    const ends = Buffer.concat(parts.map((each) => each.subarray(-CLIP_BYTES)));
    head ??= Buffer.concat(parts, CLIP_BYTES);
    parts = [ends.subarray(-CLIP_BYTES)];
  };
  const finish = () => {
    const taken = { parts, head };
    // Reset before the line is handed on: its receiver may throw, and the next line must not suffer.
    parts = [];
    bytes = 0;
    head = undefined;
    const rest = taken.parts.length === 1 ? (taken.parts[0] as Buffer) : Buffer.concat(taken.parts);
    if (taken.head) return options.onOverflow({ head: taken.head.toString(), tail: rest.toString() });
    const line = rest.toString('utf8').trim();
    if (line) options.onLine(line);
  };

  const split = (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      finish();
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  };
  return Object.assign(split, { end: finish });
}

/** Characters from which a line is written at once: joining long lines would copy them. */
const LONG = 64 * 1024;

// Module state, because the process as a whole has one client or many.
let isForMany = false;

/**
 * From now on lines wait for the end of the turn of the event loop. The calls of one client arrive on one socket and
 * are handled in one task. The calls of many clients arrive on many sockets in a turn, and would be written one by one.
 * (32 HTTP clients: a fifth more calls per second. For a single client each call would take a fifth longer.)
 */
export function writeForMany(): void {
  isForMany = true;
}

/** Called when a line was handed on, or could not be. `alone`: it was written without other lines. */
type Written = (error: Error | null | undefined, alone: boolean) => void;

/**
 * Writes lines to a stream, those of one turn of the event loop together: a system call costs about as much as all
 * other work of forwarding a call (64 calls in flight: 54 µs of CPU each without, 30 µs with it).
 */
export class LineWriter {
  readonly #output: Writable;
  #batch = '';
  #lines = 0;
  #written: Written[] = [];

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Writes a line, given without its line break. */
  write(line: string, written?: Written): void {
    if (this.#batch === '') (isForMany ? setImmediate : process.nextTick)(this.#flush);
    if (written) this.#written.push(written);
    this.#batch += `${line}\n`;
    this.#lines++;
    if (line.length > LONG) this.#flush();
  }

  readonly #flush = () => {
    if (this.#batch === '') return;
    const [batch, written] = [this.#batch, this.#written];
    const alone = this.#lines === 1 && this.#output.writableLength === 0;
    this.#batch = '';
    this.#lines = 0;
    this.#written = [];
    this.#output.write(batch, (error) => {
      for (const each of written) each(error, alone);
    });
  };
}
