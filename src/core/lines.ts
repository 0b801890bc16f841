const NEWLINE = 10;

export interface LineSplitterOptions {
  /** Longest line kept, in bytes; a longer one is skipped to its end and reported. */
  readonly maxBytes: number;
  /** Receives each complete, non-blank line without its line break. */
  readonly onLine: (line: string) => void;
  /** Called once for each line that was skipped. */
  readonly onOverflow: () => void;
}

/**
 * Splits a byte stream into lines. Every byte is looked at once and copied at most once, so a line of 50 MB costs what
 * 50 lines of 1 MB do; the SDK's own buffer re-joins all earlier chunks with each new one (9 MB took 325 ms).
 */
export function createLineSplitter(options: LineSplitterOptions): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let bytes = 0;

  const keep = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= options.maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = () => {
    const [taken, overflown] = [parts, bytes > options.maxBytes];
    // Before the line is handed on: whoever receives it may throw, and the next line must not suffer.
    parts = [];
    bytes = 0;
    if (overflown) return options.onOverflow();
    const line = (taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken)).toString('utf8').trim();
    if (line) options.onLine(line);
  };

  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      finish();
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  };
}
