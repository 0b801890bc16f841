import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** The end of a log file that is put aside when it is full, and what is added to it. */
export class LogTail {
  readonly #path: string;
  /** Which file was read, and how far. */
  #inode = 0;
  #read = 0;
  /** The beginning of a line whose end is not there yet. */
  #begun = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** The last lines, those of the file before included where there are not enough. */
  last(count: number): readonly string[] {
    const now = this.more();
    const before = now.length < count ? textOf(`${this.#path}.1`).split('\n').slice(0, -1) : [];
    return count === 0 ? [] : [...before, ...now].slice(-count);
  }

  /** The lines that have come since. */
  more(): readonly string[] {
    const text = this.#begun + this.#added();
    const lines = text.split('\n');
    this.#begun = lines.pop() ?? '';
    return lines;
  }

  #added(): string {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return '';
    }
    try {
      const { ino, size } = fstatSync(file);
      if (ino !== this.#inode || size < this.#read) this.#read = 0;
      this.#inode = ino;
      const bytes = Buffer.alloc(Math.max(0, size - this.#read));
      this.#read += readSync(file, bytes, 0, bytes.length, this.#read);
      return bytes.toString('utf8');
    } finally {
      closeSync(file);
    }
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
