/** The promise, unless `signal` aborts first: then a rejection with its reason. Listeners are removed either way. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/**
 * Runs `work` with a signal that aborts after `ms` or together with `parent`, and leaves no timer behind. Ours, because
 * on Node 20 a signal made by `AbortSignal.any` or `.timeout` can be garbage-collected before it fires.
 */
export async function withTimeout<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
): Promise<T> {
  const abort = new AbortController();
  const onParent = () => abort.abort(parent?.reason);
  if (parent?.aborted) onParent();
  parent?.addEventListener('abort', onParent, { once: true });
  const timer = setTimeout(() => abort.abort(new Error(`no answer within ${ms} ms`)), Math.min(ms, MAX_TIMER_MS));
  try {
    return await work(abort.signal);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', onParent);
  }
}

/** Longest delay that a Node timer takes: about 24 days, in ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
