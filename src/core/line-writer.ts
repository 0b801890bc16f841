import type { Writable } from 'node:stream';

/** Lines that are longer go out at once: joining them would copy them, in characters. */
const LONG = 64 * 1024;

/**
 * Writes lines to a stream, those of one turn of the event loop together: a system call costs about as much as everything
 * else that is done to forward a call (64 calls in flight: 54 µs of CPU each without, 30 µs with it).
 */
export class LineWriter {
  readonly #output: Writable;
  #batch = '';
  #written: ((error?: Error | null) => void)[] = [];

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Writes a line, without its line break; `written` hears when it was handed on, or why it was not. */
  write(line: string, written?: (error?: Error | null) => void): void {
    if (this.#batch === '') process.nextTick(this.#flush);
    if (written) this.#written.push(written);
    this.#batch += `${line}\n`;
    if (line.length > LONG) this.#flush();
  }

  readonly #flush = () => {
    if (this.#batch === '') return;
    const [batch, written] = [this.#batch, this.#written];
    this.#batch = '';
    this.#written = [];
    const tell = (error?: Error | null) => {
      for (const each of written) each(error);
    };
    this.#output.write(batch, written.length > 0 ? tell : undefined);
  };
}
