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
  /** What the product's original took, in the same unit. */
  readonly original?: number;
  /** The medians in absolute terms, or what a row without a goal is good for. */
  readonly beside?: string;
}

/** Whether the median reaches the goal; undefined without a goal or a figure. */
export function isReached({ goal, values }: Row): boolean | undefined {
  const value = median(values);
  if (!goal || Number.isNaN(value)) return undefined;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** The medians of some of the participants over all rounds, or of all: `ours 4.1 ms, relay 2.0 ms`. */
export function medians(rounds: readonly Round[], unit: string, names = Object.keys(rounds[0] ?? {})): string {
  return names.map((name) => `${name} ${digits(median(rounds.map((round) => round[name] ?? NaN)))}${unit}`).join(', ');
}

/** Three significant digits at most, and no more than two behind the point. */
export function digits(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
