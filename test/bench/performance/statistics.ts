/** Quantile by linear interpolation between neighbours, `share` from 0 to 1; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One figure of each participant, measured in the same round. */
export type Round<Name extends string = string> = Readonly<Record<Name, number>>;

/** How many times as much one participant took as another, round by round. */
export function ratios<Name extends string>(rounds: readonly Round<Name>[], of: Name, to: Name): number[] {
  return rounds.map((round) => round[of] / round[to]);
}

/** What one of them adds to `direct`, against what another adds; a round in which that adds nothing measurable is left out. */
export function addedRatios<Name extends string>(
  rounds: readonly Round<Name>[],
  of: Name,
  to: Name,
  direct: Name,
): number[] {
  const telling = rounds.filter((round) => round[to] > round[direct]);
  return telling.map((round) => (round[of] - round[direct]) / (round[to] - round[direct]));
}

/** The same people do not always go first: `items`, turned around in every second round. */
export function inTurn<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : [...items].reverse();
}

/** Bounds between which the median of what was sampled lies, with this probability. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
}

/**
 * The narrowest pair of samples that holds the true median with 95 %, whatever the distribution; of fewer than six samples
 * the least and the greatest, which hold it less often. Undefined of nothing.
 */
export function medianInterval(values: readonly number[]): Interval | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const [least, greatest] = [sorted[0], sorted[count - 1]];
  if (least === undefined || greatest === undefined) return undefined;
  let interval = { low: least, high: greatest, coverage: 1 - 2 * 0.5 ** count };
  // The median lies below the k-th sample when less than k of them lie below it, which is as likely as with a coin.
  let [below, ways] = [0.5 ** count, 1];
  for (let k = 1; k < count / 2; k++) {
    ways = (ways * (count - k + 1)) / k;
    below += ways * 0.5 ** count;
    const [low, high] = [sorted[k], sorted[count - 1 - k]];
    if (1 - 2 * below < 0.95 || low === undefined || high === undefined) break;
    interval = { low, high, coverage: 1 - 2 * below };
  }
  return interval;
}
