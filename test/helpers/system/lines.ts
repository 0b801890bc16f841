import { existsSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Calls `onLine` for each line of UTF-8 text, without its newline. Unlike readline it cuts at `\n` only. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  let pending: string[] = [];
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first = '', ...rest] = chunk.split('\n');
    pending.push(first);
    for (const next of rest) {
      const line = pending.join('');
      pending = [next];
      onLine(line);
    }
  });
}

/** The lines of a file that are whole, without their newlines; a process may be writing one more. None if there is no file. */
export function wholeLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
