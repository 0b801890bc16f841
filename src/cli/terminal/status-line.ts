import type { Terminal } from '../commands/terminal.ts';
import { shown } from '../commands/terminal.ts';
import { clipColumns } from './width.ts';

const CLEAR = '\r\u001b[K';
const DEFAULT_COLUMNS = 80;

/** One line on stderr that says what is going on, and goes without a trace; on a terminal only. */
export class StatusLine {
  readonly #terminal: Terminal;
  #text = '';
  #isHidden = false;
  /** Written while the line was out of sight. */
  #held = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows that text instead of the one before. */
  show(text: string): void {
    this.#text = shown(text);
    this.#draw();
  }

  clear(): void {
    this.#erase();
    this.#text = '';
  }

  /** Writes to stderr above the line, and not into what somebody is asked. */
  above(text: string): void {
    if (this.#isHidden) {
      this.#held += text;
      return;
    }
    this.#erase();
    this.#terminal.writeError(text);
    this.#draw();
  }

  /** Out of sight until `work` has ended: somebody is asked. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#erase();
    this.#isHidden = true;
    try {
      return await work();
    } finally {
      this.#isHidden = false;
      if (this.#held !== '') this.#terminal.writeError(this.#held);
      this.#held = '';
      this.#draw();
    }
  }

  #draw(): void {
    const { isErrorTty, columns = DEFAULT_COLUMNS, writeError } = this.#terminal;
    if (!isErrorTty || this.#isHidden || this.#text === '') return;
    // In the last column some terminals break the line.
    writeError(`${CLEAR}${clipColumns(this.#text, columns - 1)}`);
  }

  #erase(): void {
    if (this.#terminal.isErrorTty && !this.#isHidden && this.#text !== '') this.#terminal.writeError(CLEAR);
  }
}
