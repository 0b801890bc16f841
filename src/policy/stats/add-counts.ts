import type { Counts } from './counts.ts';

/** Members of `Counts` that are plain sums. */
export const SUMS = [
  ...(['sessions', 'tokensNotSent', 'calls', 'jobs'] as const),
  ...(['searches', 'ledToCall', 'foundNothing'] as const),
] as const;

/** Most servers, tools and error codes with counts of their own; those with the lowest counts are dropped. */
const MAX_SERVERS = 200;
const MAX_TOOLS = 1_000;
const MAX_CODES = 50;

/** Adds `more` to `into`, and then drops the lowest counts beyond the bounds. */
export function addCounts(into: Counts, more: Counts): void {
  for (const name of SUMS) into[name] += more[name];
  for (const [code, count] of more.failures) into.failures.set(code, (into.failures.get(code) ?? 0) + count);
  for (const name of ['servers', 'tools'] as const) {
    for (const [key, { calls, failed }] of more[name]) {
      const known = into[name].get(key);
      into[name].set(key, { calls: (known?.calls ?? 0) + calls, failed: (known?.failed ?? 0) + failed });
    }
  }
  keepMost(into.failures, MAX_CODES, (count) => count);
  keepMost(into.servers, MAX_SERVERS, ({ calls }) => calls);
  keepMost(into.tools, MAX_TOOLS, ({ calls }) => calls);
}

function keepMost<Count>(counts: Map<string, Count>, most: number, weight: (count: Count) => number): void {
  if (counts.size <= most) return;
  const least = [...counts].sort(([, a], [, b]) => weight(a) - weight(b)).slice(0, counts.size - most);
  for (const [key] of least) counts.delete(key);
}
