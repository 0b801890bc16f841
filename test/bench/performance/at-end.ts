import { rmSync } from 'node:fs';
import { constants } from 'node:os';

const actions = new Set<() => void>();
let isWatching = false;

/** Runs a synchronous action when this process ends, unless the returned function was called before. */
export function atEnd(action: () => void): () => void {
  if (!isWatching) process.on('exit', runAll);
  isWatching = true;
  actions.add(action);
  return () => void actions.delete(action);
}

/**
 * Removes a folder with all that is in it. A process that was just killed may still write into it: then it is tried again, up
 * to twenty times within a second. `maxRetries` of `rmSync` would try its last step only.
 */
export function removeNow(folder: string, attempts = 20): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (attempts <= 1) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    removeNow(folder, attempts - 1);
  }
}

/** Ends this process on Ctrl-C and SIGTERM by `exit`, which has `atEnd` run. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

function runAll(): void {
  for (const action of actions) action();
}
