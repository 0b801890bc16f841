/** Facts about one thing, whether it is what is looked for, and how much it counts. */
export interface Sample {
  readonly facts: readonly number[];
  readonly isTrue: boolean;
  readonly weight: number;
}

const STEPS = 30;
/** How strongly weights are drawn to 0. */
const STRENGTH: number = 1e-3;
const TOLERANCE = 1e-6;

/** Returns the weight of each fact, and last what is added to them, under which a logistic model is likeliest: Newton's method. */
export function logistic(samples: readonly Sample[]): number[] {
  const width = (samples[0]?.facts.length ?? 0) + 1;
  let weights = new Array<number>(width).fill(0);
  for (let step = 0; step < STEPS; step++) {
    const slope = weights.map((weight, at) => (at < width - 1 ? STRENGTH * weight : 0));
    const curvature = weights.map((_, row) => weights.map((__, at) => (row === at ? STRENGTH : 0)));
    for (const { facts, isTrue, weight } of samples) {
      const all = [...facts, 1];
      const odds = oddsOf(facts, weights);
      for (const [row, fact] of all.entries()) {
        slope[row] = (slope[row] ?? 0) + weight * (odds - (isTrue ? 1 : 0)) * fact;
        const line = curvature[row] ?? [];
        for (const [at, other] of all.entries()) line[at] = (line[at] ?? 0) + weight * odds * (1 - odds) * fact * other;
      }
    }
    const change = solved(curvature, slope);
    weights = weights.map((weight, at) => weight - (change[at] ?? 0));
    if (change.every((by) => Math.abs(by) < TOLERANCE)) break;
  }
  return weights;
}

/** Returns how probable it is that the facts are those of what is looked for, from 0 to 1. */
export function oddsOf(facts: readonly number[], weights: readonly number[]): number {
  const sum = facts.reduce((total, fact, at) => total + fact * (weights[at] ?? 0), weights[facts.length] ?? 0);
  return 1 / (1 + Math.exp(-sum));
}

/** Solves a system of linear equations by elimination, the largest pivot first. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at] ?? 0]);
  for (let at = 0; at < rows.length; at++) {
    const rest = rows.slice(at).sort((a, b) => Math.abs(b[at] ?? 0) - Math.abs(a[at] ?? 0));
    rows.splice(at, rest.length, ...rest);
    const pivot = rows[at] ?? [];
    for (const [row, line] of rows.entries()) {
      if (row === at) continue;
      const factor = (line[at] ?? 0) / (pivot[at] ?? 1);
      for (let column = at; column < line.length; column++)
        line[column] = (line[column] ?? 0) - factor * (pivot[column] ?? 0);
    }
  }
  return rows.map((row, at) => (row.at(-1) ?? 0) / (row[at] ?? 1));
}
