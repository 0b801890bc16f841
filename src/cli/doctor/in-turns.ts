import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A start that takes longer has nothing to compute: it waits, and the next one begins beside it; in ms. */
const BUSY_MS = 5_000;

/**
 * Begins work on each item, as many at a time as there are cores: a hundred servers that start at once would all be slow, and
 * seem so. `work` gets the items begun so far, its own included. Resolves with what came of each, in order.
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, begun: readonly Item[]) => Promise<Result>,
  atOnce = availableParallelism(),
): Promise<Result[]> {
  const results: Promise<Result>[] = [];
  let next = 0;
  const turn = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const result = work(items[at] as Item, items.slice(0, at + 1));
      results[at] = result;
      await Promise.race([result.catch(() => {}), sleep(BUSY_MS, undefined, { ref: false })]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, turn));
  return Promise.all(results);
}
