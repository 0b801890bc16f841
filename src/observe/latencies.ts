/** Upper bounds of the buckets of call durations, in seconds: from a cache's answer to a long build. */
export const DURATION_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
];

/** A bucket of a histogram: how many were at most `le` (seconds; the last is Infinity), those of smaller buckets included. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/** An estimate of the quantile, 0 to 1, in ms: linear within its bucket; beyond the last bound, that bound. */
export function quantileMs(buckets: readonly Bucket[], quantile: number): number {
  const rank = quantile * (buckets.at(-1)?.count ?? 0);
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { le, count } = buckets[index] ?? { le: 0, count: 0 };
  const { le: from, count: before } = buckets[index - 1] ?? { le: 0, count: 0 };
  if (!Number.isFinite(le)) return from * 1_000;
  const share = count === before ? 1 : (rank - before) / (count - before);
  return Math.round((from + (le - from) * share) * 1e6) / 1_000;
}
