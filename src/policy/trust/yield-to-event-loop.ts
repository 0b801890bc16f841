import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time in ms that one slice may block the event loop; the last item may exceed it. */
const SLICE_MS = 5;

/** Calls `work` for each item. The event loop runs between slices of 5 ms. */
export async function forEachInSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let end = performance.now() + SLICE_MS;
  for (const item of items) {
    if (performance.now() > end) {
      await nextTurn();
      end = performance.now() + SLICE_MS;
    }
    work(item);
  }
}
