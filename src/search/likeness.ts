import type { ToolEntry } from '../core/tool.ts';

/** How like tools are in meaning to one query, as a model sees it: cosines, which differ much between models. */
export interface Likeness {
  /** Ids of the nearest tools that may be found, nearest first; a bounded number. */
  readonly nearest: readonly string[];
  /** Cosine of a tool, −1 to 1; undefined: not known. */
  readonly of: (tool: ToolEntry) => number | undefined;
  /** Returns by how many deviations the cosine of a tool is above the mean of the tools that may be found. */
  readonly score: (tool: ToolEntry) => number;
  /** Returns how far the cosine of a tool goes from the usual one, 0, to that of the same meaning, 1. */
  readonly nearness: (tool: ToolEntry) => number;
}

/** A likeness with its weight beside the other features of the second stage, from 0 to 1. */
export interface WeightedLikeness extends Likeness {
  readonly weight: number;
}

/** Mean and standard deviation of some numbers. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Smallest deviation that is told from rounding: vectors have 32-bit numbers. */
const LEAST_DEVIATION = 1e-4;

/** Returns the likeness by these cosines; `usual` is their spread over all tools that may be found, or a sample. */
export function likenessOf({ nearest, of }: Pick<Likeness, 'nearest' | 'of'>, usual: Spread): Likeness {
  const score = (tool: ToolEntry) => standardScore(of(tool), usual);
  return { nearest, of, score, nearness: (tool) => nearness(of(tool), usual) };
}

/** Returns mean and deviation of the numbers, 0 and 0 of none. */
export function spreadOf(numbers: readonly number[]): Spread {
  const count = numbers.length || 1;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / count;
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / count;
  return { mean, deviation: Math.sqrt(variance) };
}

/** Returns how far a cosine goes from the usual one, 0, to that of the same meaning, 1; 0 for an unknown one. */
function nearness(cosine: number | undefined, { mean }: Spread): number {
  return cosine === undefined || mean >= 1 - LEAST_DEVIATION ? 0 : (cosine - mean) / (1 - mean);
}

/** Returns by how many deviations a number is above the mean; 0 for an unknown one, or if all numbers are alike. */
export function standardScore(number: number | undefined, { mean, deviation }: Spread): number {
  return number === undefined || deviation < LEAST_DEVIATION ? 0 : (number - mean) / deviation;
}
