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
