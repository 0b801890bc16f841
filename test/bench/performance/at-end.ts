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

/** Ends this process on Ctrl-C and SIGTERM by `exit`, which has `atEnd` run. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

function runAll(): void {
  for (const action of actions) action();
}
