import { FEATURES, type Feature } from '../../src/search/ranking-parameters.ts';
import type { Example, Weights } from './examples.ts';
import { groupedBy } from './sources.ts';

export interface FitOptions {
  /** How strongly weights are drawn to `PRIOR`, in units of the loss per squared spread of the feature. */
  readonly strength: number;
  /** Features that the model does without. */
  readonly without?: readonly string[];
  /** Weights to begin with, near which the fit is found sooner; absent: `PRIOR`. */
  readonly start?: Weights;
}

/** Weights that may only be negative, and those that may be either; all others only add. */
const PENALTIES: readonly Feature[] = ['otherAction', 'writesUnasked'];
const FREE: readonly Feature[] = ['nameLength', 'length', 'required'];

/** Where weights are drawn to: the order of the first stage. */
const PRIOR: Partial<Record<Feature, number>> = { logScore: 4 };

/** Smallest spread that a feature is taken to have: rare ones must not weigh without bound. */
const MIN_SPREAD = 0.02;
const MAX_STEPS = 40;
/** Longest last step, in spreads of the feature. */
const TOLERANCE = 1e-4;
/** Least odds of a tool that are taken into account. */
const MIN_ODDS = 1e-5;
const SWEEPS = 60;

const WIDTH = FEATURES.length;

/** The slope of the loss at some weights, and a bound of its curvature: a square matrix, row after row. */
interface Shape {
  readonly slope: Float64Array;
  readonly curvature: Float64Array;
}

/**
 * Returns weights under which the answers of a query come first: softmax over its candidates, for each group of answers
 * that is to be found, each source of the same weight, drawn to PRIOR, signs as they must be, so that what is learnt
 * holds elsewhere. Newton's method; the loss is convex but for queries of which several tools answer one need.
 */
export function fitted(examples: readonly Example[], { strength, without = [], start }: FitOptions): Weights {
  const usable = examples.filter(({ groups }) => groups.some((group) => group >= 0) && groups.includes(-1));
  const sizes = groupedBy(usable, ({ query }) => query.source);
  const share = ({ query }: Example) => 1 / sizes.size / (sizes.get(query.source)?.length ?? 1);
  const pull = spreads(usable).map((spread) => strength * spread ** 2);
  const prior = Float64Array.from(FEATURES, (feature) => (without.includes(feature) ? 0 : (PRIOR[feature] ?? 0)));
  const bounds = FEATURES.map((feature) => boundsOf(feature, without));
  const weights = (start ?? prior).map((weight, at) => within(weight, bounds[at]));
  for (let step = 0; step < MAX_STEPS; step++) {
    const shape = { slope: new Float64Array(WIDTH), curvature: new Float64Array(WIDTH ** 2) };
    for (const one of usable) addShape(one, weights, share(one), shape);
    for (let at = 0; at < WIDTH; at++) {
      add(shape.slope, at, (pull[at] ?? 0) * ((weights[at] ?? 0) - (prior[at] ?? 0)));
      add(shape.curvature, at * WIDTH + at, pull[at] ?? 0);
    }
    const moved = stepOf(shape, weights, bounds);
    for (let at = 0; at < WIDTH; at++) add(weights, at, moved[at] ?? 0);
    if (moved.every((by, at) => Math.abs(by) * Math.sqrt((pull[at] ?? 0) / strength) < TOLERANCE)) break;
  }
  return weights;
}

type Bounds = readonly [low: number, high: number];

function boundsOf(feature: Feature, without: readonly string[]): Bounds {
  if (without.includes(feature)) return [0, 0];
  const low = PENALTIES.includes(feature) || FREE.includes(feature) ? Number.NEGATIVE_INFINITY : 0;
  return [low, PENALTIES.includes(feature) ? 0 : Number.POSITIVE_INFINITY];
}

function within(weight: number, [low, high]: Bounds = [0, 0]): number {
  return Math.min(high, Math.max(low, weight));
}

/** Adds what one example says: how its features differ between tools that are thought to answer it and those that do. */
function addShape(example: Example, weights: Weights, share: number, { slope, curvature }: Shape): void {
  const odds = oddsOf(example, weights);
  const found = [...new Set(example.groups)].filter((group) => group >= 0);
  const wrong = rowsOf(example, -1);
  for (const group of found) {
    const good = rowsOf(example, group);
    const thought = moments(example, odds, [...wrong, ...good], true);
    const right = moments(example, odds, good, false);
    const part = share / found.length;
    for (let at = 0; at < WIDTH; at++) {
      const mean = thought.slope[at] ?? 0;
      add(slope, at, part * (mean - (right.slope[at] ?? 0)));
      for (let to = 0; to <= at; to++) {
        const common = part * ((thought.curvature[at * WIDTH + to] ?? 0) - mean * (thought.slope[to] ?? 0));
        add(curvature, at * WIDTH + to, common);
        if (to < at) add(curvature, to * WIDTH + at, common);
      }
    }
  }
}

function rowsOf({ groups }: Example, wanted: number): number[] {
  const rows: number[] = [];
  for (const [row, group] of groups.entries()) if (group === wanted) rows.push(row);
  return rows;
}

function oddsOf({ features, groups }: Example, weights: Weights): Float64Array {
  const odds = new Float64Array(groups.length);
  let top = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < odds.length; row++) {
    let value = 0;
    for (let at = 0; at < WIDTH; at++) value += (features[row * WIDTH + at] ?? 0) * (weights[at] ?? 0);
    odds[row] = value;
    top = Math.max(top, value);
  }
  return odds.map((value) => Math.exp(value - top));
}

/** Returns the means of the features over some tools, each counted by its odds, and of their products where asked for. */
function moments({ features }: Example, odds: Float64Array, rows: readonly number[], withProducts: boolean): Shape {
  const slope = new Float64Array(WIDTH);
  const curvature = new Float64Array(withProducts ? WIDTH ** 2 : 0);
  const total = rows.reduce((sum, row) => sum + (odds[row] ?? 0), 0);
  for (const row of rows) {
    // Odds that are all too small for a number are the same.
    const own = total > 0 ? (odds[row] ?? 0) / total : 1 / rows.length;
    if (own < MIN_ODDS) continue;
    const start = row * WIDTH;
    for (let at = 0; at < WIDTH; at++) {
      const part = own * (features[start + at] ?? 0);
      add(slope, at, part);
      if (!withProducts || part === 0) continue;
      for (let to = 0; to <= at; to++) add(curvature, at * WIDTH + to, part * (features[start + to] ?? 0));
    }
  }
  return { slope, curvature };
}

/** Returns the step that is best by slope and curvature, within the bounds: one weight after the other, again and again. */
function stepOf({ slope, curvature }: Shape, weights: Weights, bounds: readonly Bounds[]): Float64Array {
  const step = new Float64Array(WIDTH);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const [at, bound] of bounds.entries()) {
      let down = slope[at] ?? 0;
      for (let to = 0; to < WIDTH; to++) if (to !== at) down += (curvature[at * WIDTH + to] ?? 0) * (step[to] ?? 0);
      const weight = weights[at] ?? 0;
      step[at] = within(weight - down / (curvature[at * WIDTH + at] || 1), bound) - weight;
    }
  }
  return step;
}

function spreads(examples: readonly Example[]): number[] {
  const sums = new Float64Array(WIDTH);
  const squares = new Float64Array(WIDTH);
  let rows = 0;
  for (const { features } of examples) {
    rows += features.length / WIDTH;
    for (let at = 0; at < features.length; at++) {
      const value = features[at] ?? 0;
      add(sums, at % WIDTH, value);
      add(squares, at % WIDTH, value * value);
    }
  }
  const spread = (sum: number, square: number) => Math.sqrt(Math.max(0, square / rows - (sum / rows) ** 2));
  return FEATURES.map((_, at) => Math.max(MIN_SPREAD, spread(sums[at] ?? 0, squares[at] ?? 0)));
}

function add(array: Float64Array, at: number, value: number): void {
  array[at] = (array[at] ?? 0) + value;
}
