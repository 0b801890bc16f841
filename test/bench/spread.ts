import { METRICS, macro, mean, type Row } from './measure.ts';
import { isApart } from './sources.ts';

/** Figures by source: one row for each of its queries. */
export type BySource = ReadonlyMap<string, readonly Row[]>;

/** What is compared and reported source by source. */
export const TOLD = ['R@1', 'R@5', 'MRR'] as const;
const COLUMNS = TOLD.map((metric) => METRICS.indexOf(metric));

/** How one metric differs from source to source: shares from 0 to 1. */
export interface Spread {
  readonly mean: number;
  /** Bounds of the 95 % bootstrap interval of the mean. */
  readonly interval: readonly [number, number];
  readonly deviation: number;
  readonly worst: string;
  readonly min: number;
  readonly max: number;
}

/** Returns the figures of a source, in the order of `TOLD`. */
export function told(rows: readonly Row[]): number[] {
  const row = mean(rows);
  return COLUMNS.map((at) => row[at] ?? 0);
}

/** Returns the mean over sources, each of the same weight, and how they differ, by metric; leaves out those that stand apart. */
export function spreadOf(sources: BySource, rounds = 1000): Spread[] {
  const counted = [...sources].filter(([source]) => !isApart(source));
  const { mean: means, interval } = macro(
    counted.map(([, rows]) => rows),
    rounds,
  );
  return COLUMNS.map((column, metric) => {
    const figures = counted.map(([source, rows]) => ({ source, figure: told(rows)[metric] ?? 0 }));
    figures.sort((a, b) => a.figure - b.figure);
    const average = means[column] ?? 0;
    const variance = figures.reduce((sum, { figure }) => sum + (figure - average) ** 2, 0) / figures.length;
    return {
      mean: average,
      interval: interval[column] ?? [0, 0],
      deviation: Math.sqrt(variance),
      worst: figures[0]?.source ?? '',
      min: figures[0]?.figure ?? 0,
      max: figures.at(-1)?.figure ?? 0,
    };
  });
}

/** Returns the rows of `a` minus those of `b`, query by query. */
export function difference(a: BySource, b: BySource): BySource {
  const minus = (source: string, rows: readonly Row[]) => {
    const others = b.get(source) ?? [];
    return rows.map((row, at) => row.map((figure, metric) => figure - (others[at]?.[metric] ?? 0)));
  };
  return new Map([...a].map(([source, rows]) => [source, minus(source, rows)]));
}

/** Returns a line for each source that another technique is ahead in, by any of `TOLD`. */
export function behind(ours: BySource, others: ReadonlyMap<string, BySource>): string[] {
  return [...ours].flatMap(([source, rows]) => {
    const own = told(rows);
    const ahead = [...others].flatMap(([technique, sources]) => {
      const theirs = told(sources.get(source) ?? []);
      return TOLD.flatMap((metric, at) => {
        const [mine = 0, other = 0] = [own[at], theirs[at]];
        return other - mine > 1e-9 ? [`${metric} ${percent(mine)} < ${percent(other)} of ${technique}`] : [];
      });
    });
    return ahead.length > 0 ? [`${source}: ${ahead.join(', ')}`] : [];
  });
}

export const percent = (share: number, sign = false) => `${sign && share > 0 ? '+' : ''}${(100 * share).toFixed(1)}`;
