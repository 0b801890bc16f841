import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Most bytes of log lines that the reader of our stderr has not taken yet; lines beyond it are dropped. */
const MAX_LOG_BACKLOG = 1024 * 1024;

/**
 * Our stdout (1) or stderr (2) as a stream that never blocks. Node writes to pipes synchronously: a host that stops
 * reading would freeze the whole gateway, signals included.
 */
export function processOutput(fd: 1 | 2): Writable {
  const fallback = fd === 1 ? process.stdout : process.stderr;
  const stat = fstatSync(fd);
  // The streams of Bun do not block, and Bun cannot adopt a descriptor.
  if (process.versions.bun || !(stat.isFIFO() || stat.isSocket())) return fallback;
  return new Socket({ fd, readable: false, writable: true });
}

/** Writes log lines to stderr. Drops them when nobody reads, and never fails. */
export function stderrWriter(): (line: string) => void {
  const output = processOutput(2);
  output.on('error', () => {});
  return (line) => {
    if (output.writable && output.writableLength < MAX_LOG_BACKLOG) output.write(line);
  };
}

/** Signals that ask this process to stop. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the name of the first signal that asks us to stop. */
export function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve(signal));
  });
}
