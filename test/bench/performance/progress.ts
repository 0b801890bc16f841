/** Says on stderr what is being measured: on a terminal in one line that is written anew, else a line for each step. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true;

  say(step: string): void {
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${step}` : `${step}\n`);
  }

  /** Clears the line, for what is written next. */
  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }
}
