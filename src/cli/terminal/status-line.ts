import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Terminal } from './terminal.ts';
import { clipColumns } from './text-layout.ts';

const CLEAR = '\r\u001b[K';
const DEFAULT_COLUMNS = 80;

/** Shows the current step of a command in a line on stderr, and erases it afterwards; only on a terminal. */
export class StatusLine {
  readonly #terminal: Terminal;
  #text = '';
  #isHidden = false;
  /** Text for stderr, held back during a question to the user. */
  #held = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Replaces the text of the line. */
  show(text: string): void {
    this.#text = displayText(text);
    this.#draw();
  }

  clear(): void {
    this.#erase();
    this.#text = '';
  }

  /** Writes to stderr above the line; during a question to the user, after it. */
  above(text: string): void {
    if (this.#isHidden) {
      this.#held += text;
      return;
    }
    this.#erase();
    this.#terminal.writeError(text);
    this.#draw();
  }

  /** Hides the line while `work` asks the user. */
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
    // Some terminals break the line after a character in the last column.
    writeError(`${CLEAR}${clipColumns(this.#text, columns - 1)}`);
  }

  #erase(): void {
    if (this.#terminal.isErrorTty && !this.#isHidden && this.#text !== '') this.#terminal.writeError(CLEAR);
  }
}

const BAR_WIDTH = 20;

/** Formats a progress notification as one line: with a bar if the total is known, else with a count. */
export function progressText({ progress, total, message }: JsonObject): string {
  const text = typeof message === 'string' ? `  ${message}` : '';
  if (typeof progress !== 'number') return text.trim();
  if (typeof total !== 'number' || !(total > 0)) return `${figure(progress)} done${text}`;
  const share = Math.min(1, Math.max(0, progress / total));
  const full = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${figure(progress)}/${figure(total)}${text}`;
}

function figure(number: number): string {
  return String(Math.round(number * 100) / 100);
}

/** Formats a log message of a server as one line: level, logger, data. */
export function logText(params: JsonObject): string {
  const { level, logger, data } = params;
  const text =
    typeof data === 'string'
      ? data
      : isJsonObject(data) && typeof data.message === 'string'
        ? data.message
        : JSON.stringify(data);
  const from = typeof logger === 'string' ? `${logger}: ` : '';
  return `[${typeof level === 'string' ? level : 'log'}] ${from}${text}`;
}
