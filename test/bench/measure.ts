import type { LabelledQuery } from './data.ts';

/** What is measured, in the order of a row. */
export const METRICS = ['R@1', 'R@3', 'R@5', 'R@10', 'MRR', 'nDCG@10'] as const;

/** One figure from 0 to 1 per metric. */
export type Row = readonly number[];

/** Figures of one ranking. Recall is the share of groups found; nDCG is binary over groups unless grades are given. */
export function score({ groups, rel }: LabelledQuery, ranked: readonly string[]): Row {
  const places = new Map(ranked.map((id, at) => [id, at] as const).reverse());
  const best = groups.map((group) => Math.min(...group.map((id) => places.get(id) ?? Number.POSITIVE_INFINITY)));
  const recall = (k: number) => best.filter((place) => place < k).length / groups.length;
  const grades = rel ? Object.entries(rel) : best.map((_, at) => [String(at), 1] as const);
  const placeOf = (id: string) => (rel ? places.get(id) : best[Number(id)]) ?? Number.POSITIVE_INFINITY;
  const gained = sum(grades.map(([id, grade]) => gain(grade, placeOf(id))));
  const ideal = sum(
    grades
      .map(([, grade]) => grade)
      .sort((a, b) => b - a)
      .map(gain),
  );
  return [recall(1), recall(3), recall(5), recall(10), 1 / (1 + Math.min(...best)), ideal > 0 ? gained / ideal : 0];
}

/** Mean of each metric. */
export function mean(rows: readonly Row[]): Row {
  return METRICS.map((_, metric) => sum(rows.map((row) => row[metric] ?? 0)) / rows.length);
}

/** Mean over sets, each of the same weight, and its 95 % interval by so many rounds of bootstrap over the queries within each set. */
export function macro(
  sets: readonly (readonly Row[])[],
  rounds = 1000,
): { mean: Row; interval: (readonly [number, number])[] } {
  const random = generator();
  const flat = sets.map((rows) => ({ size: rows.length, figures: Float64Array.from(rows.flat()) }));
  const samples = Array.from({ length: rounds }, () => mean(flat.map((rows) => meanOfSample(rows, random))));
  const interval = METRICS.map((_, metric) => {
    const sorted = samples.map((sample) => sample[metric] ?? 0).sort((a, b) => a - b);
    return [sorted[Math.floor(rounds * 0.025)] ?? 0, sorted[Math.floor(rounds * 0.975)] ?? 0] as const;
  });
  return { mean: mean(sets.map(mean)), interval };
}

/** Numbers from 0 up to 1, the same in every run. */
export function generator(seed = 12345): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x100000000;
  };
}

// Sums in one array: this is done thousands of times for thousands of rows.
function meanOfSample({ size, figures }: { size: number; figures: Float64Array }, random: () => number): Row {
  const width = METRICS.length;
  const total = new Float64Array(width);
  for (let drawn = 0; drawn < size; drawn++) {
    const start = Math.floor(random() * size) * width;
    for (let at = 0; at < width; at++) total[at] = (total[at] ?? 0) + (figures[start + at] ?? 0);
  }
  return [...total].map((sum) => sum / size);
}

const gain = (grade: number, place: number) => (place < 10 ? (2 ** grade - 1) / Math.log2(place + 2) : 0);
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
