import { median, type Round } from './statistics.ts';

/** × is a ratio; MB are MiB, as the kernel counts. */
export type Unit = '×' | 'ms' | 's' | 'MB' | '/s' | '';

/** What is to be reached. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** A line of the table: one figure per round, and what to hold it against. */
export interface Row {
  readonly label: string;
  readonly unit: Unit;
  readonly values: readonly number[];
  readonly goal?: Goal;
  /** What would be better than the goal, on the same side. */
  readonly moonshot?: number;
  /** The figure before the work on the goal began, in the same unit. */
  readonly earlier?: number;
  /** The medians in absolute terms, or why there is no figure. */
  readonly beside?: string;
  /** What two builds are compared by; absent: `values`. */
  readonly compared?: Compared;
}

/** Absolute figures of each round: a ratio to the relay would bring the noise of the relay into the comparison of two builds. */
export interface Compared {
  readonly unit: Unit;
  readonly values: readonly number[];
  /** The same of what is no build of ours. Whatever differs there between two builds is noise. */
  readonly control?: readonly number[];
}

/** Whether the median reaches the goal, or the moonshot; undefined without a goal or a figure. */
export function reached({ goal, moonshot, values }: Row): 'moonshot' | 'yes' | 'no' | undefined {
  const value = median(values);
  if (!goal || Number.isNaN(value)) return undefined;
  const reaches = (bound: number) => ('atMost' in goal ? value <= bound : value >= bound);
  if (moonshot !== undefined && reaches(moonshot)) return 'moonshot';
  return reaches('atMost' in goal ? goal.atMost : goal.atLeast) ? 'yes' : 'no';
}

/** The medians of some of the participants over all rounds, or of all: `ours 4.1 ms, relay 2.0 ms`. */
export function medians(rounds: readonly Round[], unit: string, names = Object.keys(rounds[0] ?? {})): string {
  return names.map((name) => `${name} ${digits(median(rounds.map((round) => round[name] ?? NaN)))}${unit}`).join(', ');
}

/** A figure with its unit. */
export const withUnit = (value: number | string, unit: Unit): string =>
  `${typeof value === 'number' ? digits(value) : value}${unit === '×' || unit === '' || unit === '/s' ? unit : ` ${unit}`}`;

/** Three significant digits at most, and no more than two behind the point. */
export function digits(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
