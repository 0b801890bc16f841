const NEWLINE = 10;

/**
 * Calls `onLine` with each line of a byte stream as text, without its newline; every byte is copied at most once.
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} onLine
 */
export function onLines(stream, onLine) {
  /** @type {Buffer[]} */
  let parts = [];
  stream.on('data', (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      onLine((parts.length === 1 ? parts[0] : Buffer.concat(parts)).toString());
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  });
}
