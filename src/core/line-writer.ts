import type { Writable } from 'node:stream';

/** Lines that are longer go out at once: joining them would copy them, in characters. */
const LONG = 64 * 1024;

/** Less than a single client takes between an answer and its next call, in ms. */
const JUST_BEFORE_MS = 0.05;

/** Hears when a line was handed on, or why it was not, and whether it was written alone. */
type Written = (error: Error | null | undefined, alone: boolean) => void;

/**
 * Writes lines to a stream, those of one turn of the event loop together: a system call costs about as much as everything
 * else that is done to forward a call (64 calls in flight: 54 µs of CPU each without, 30 µs with it). What comes in from one
 * socket is handled at once, and written right after it. Where lines come in from many sockets in a turn, all of them wait
 * for its end (32 HTTP clients: a fifth more calls per second).
 */
export class LineWriter {
  readonly #output: Writable;
  #batch = '';
  #lines = 0;
  #waitsForTurn = false;
  #flushedAt = 0;
  #written: Written[] = [];

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Writes a line, without its line break. */
  write(line: string, written?: Written): void {
    if (this.#batch === '') (this.#waitsForTurn ? setImmediate : process.nextTick)(this.#flush);
    if (written) this.#written.push(written);
    this.#batch += `${line}\n`;
    this.#lines++;
    if (line.length > LONG) this.#flush();
  }

  readonly #flush = () => {
    if (this.#batch === '') return;
    this.#waitsForTurn = this.#comesFromMany();
    const [batch, written] = [this.#batch, this.#written];
    const alone = this.#lines === 1 && this.#output.writableLength === 0;
    this.#batch = '';
    this.#lines = 0;
    this.#written = [];
    this.#output.write(batch, (error) => {
      for (const each of written) each(error, alone);
    });
  };

  /** Whether others wrote just before, too: then there are many. They are until a turn has a line only. */
  #comesFromMany(): boolean {
    const now = performance.now();
    const sinceMs = now - this.#flushedAt;
    this.#flushedAt = now;
    return this.#waitsForTurn ? this.#lines > 1 : sinceMs < JUST_BEFORE_MS;
  }
}
