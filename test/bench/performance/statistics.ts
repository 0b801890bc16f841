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
