import { generator } from '../measure.ts';
import { quantile } from '../performance/statistics.ts';

/** A mean difference of pairs, and its 95 % interval. */
export interface PairedDifference {
  readonly pairs: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const ROUNDS = 10_000;
const SEED = 20_261_130;

/**
 * The mean of paired differences, one of each task, with the percentile interval of a bootstrap that draws tasks with
 * replacement; the same in every run. NaN without pairs.
 */
export function pairedDifference(differences: readonly number[]): PairedDifference {
  const random = generator(SEED);
  const count = differences.length;
  const drawn = () => differences[Math.floor(random() * count)] ?? Number.NaN;
  const means = Array.from({ length: ROUNDS }, () => mean(Array.from({ length: count }, drawn)));
  return { pairs: count, mean: mean(differences), low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
