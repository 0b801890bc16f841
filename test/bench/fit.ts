import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fieldTerms } from '../../src/search/fields.ts';
import { candidates } from '../../src/search/rank.ts';
import { FEATURES, type Feature, RANKING } from '../../src/search/ranking-parameters.ts';
import { ToolIndex } from '../../src/search/tool-index.ts';
import { type LabelledData, type LabelledQuery, readData } from './data.ts';
import { mean, type Row, score } from './measure.ts';

/** The best of one query's first stage: its features row by row, and which rows answer the query. */
export interface Example {
  readonly query: LabelledQuery;
  readonly ids: readonly string[];
  readonly rows: readonly Float64Array[];
  readonly good: readonly boolean[];
}

type Weights = Readonly<Record<Feature, number>>;

/** Weights that may only be negative, and those that may be either; all others only add. */
const PENALTIES = new Set<Feature>(['otherAction', 'writesUnasked']);
const FREE = new Set<Feature>(['nameLength', 'length', 'required']);

/** Where weights are drawn to: the order of the first stage. */
const PRIOR: Partial<Record<Feature, number>> = { logScore: 4 };

const ROUNDS = 120;
const STEP = 0.05;
/** Smallest spread that a feature is taken to have: rare ones must not weigh without bound. */
const MIN_SPREAD = 0.02;

/** Fits the weights of the second stage on `main`, and says how well they do on sets that they were not fitted on. */
export async function run(args: string[]): Promise<number> {
  const folder = resolve(process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval');
  const train = readData(folder, ['main']).flatMap(examplesOf);
  const check = args.includes('--check') ? readData(folder, ['bfcl', 'seal']).map(examplesOf) : [];
  const strengths = args.filter((arg) => Number(arg) > 0).map(Number);
  say(
    'first stage',
    bySet(
      train,
      train.map(({ query, ids }) => score(query, ids)),
    ),
  );
  for (const strength of strengths.length > 0 ? strengths : [0.1]) {
    const weights = fitted(train, strength);
    say(
      `L2 ${strength}, on itself`,
      bySet(
        train,
        train.map((one) => scored(one, weights)),
      ),
    );
    say(`L2 ${strength}, other sets`, crossValidated(train, strength));
    for (const other of check)
      say(
        `  ${other[0]?.query.set}`,
        bySet(
          other,
          other.map((one) => scored(one, weights)),
        ),
      );
    process.stdout.write(`${JSON.stringify(weights)}\n`);
    if (args.includes('--ablate')) ablate(train, strength, check);
  }
  const file = args.find((arg) => arg.endsWith('.json'));
  if (file) writeFileSync(file, JSON.stringify(fitted(train, strengths[0] ?? 0.1)));
  return 0;
}

function ablate(train: readonly Example[], strength: number, check: readonly (readonly Example[])[]): void {
  for (const feature of FEATURES) {
    const weights = fitted(train, strength, feature);
    say(`no ${feature}`, crossValidated(train, strength, feature));
    for (const other of check)
      say(
        `  ${other[0]?.query.set}`,
        bySet(
          other,
          other.map((one) => scored(one, weights)),
        ),
      );
  }
}

/** Every query as it is, and without the server's name where that was added to it: the second is harder, and less given away. */
export function examplesOf(data: LabelledData): Example[] {
  const index = new ToolIndex(RANKING.fields);
  const entries = data.tools.map((definition) => ({
    id: definition.id,
    server: definition.server,
    tags: [],
    definition,
  }));
  for (const [number, entry] of entries.entries()) index.add(number, fieldTerms(entry));
  const raw = data.queries.flatMap((one) =>
    one.raw ? [{ ...one, set: `${one.set}, no server`, query: one.raw }] : [],
  );
  return [...data.queries, ...raw].map((query) => {
    const found = candidates(query.query, { index, ranking: RANKING, entry: (number) => entries[number] });
    const gold = new Set(query.groups.flat());
    return {
      query,
      ids: found.map(({ entry }) => entry.id),
      rows: found.map(({ features }) => Float64Array.from(FEATURES, (feature) => features[feature])),
      good: found.map(({ entry }) => gold.has(entry.id)),
    };
  });
}

/**
 * Weights under which the answers of a query come first: softmax over its candidates, each set of the same weight, drawn
 * to PRIOR by `strength`, signs as they must be, so that what is learnt holds elsewhere.
 */
export function fitted(examples: readonly Example[], strength: number, without?: Feature): Weights {
  const usable = examples.filter(({ good }) => good.some(Boolean) && !good.every(Boolean));
  const spread = spreads(usable);
  const scaled = usable.map((one) => ({
    ...one,
    rows: one.rows.map((row) => row.map((x, at) => x / (spread[at] ?? 1))),
  }));
  const sizes = new Map<string, number>();
  for (const { query } of scaled) sizes.set(query.set, (sizes.get(query.set) ?? 0) + 1);
  const prior = FEATURES.map((feature, at) => (PRIOR[feature] ?? 0) * (spread[at] ?? 1));
  const weights = Float64Array.from(prior);
  const speed = new Float64Array(FEATURES.length);
  const size = new Float64Array(FEATURES.length);
  for (let round = 1; round <= ROUNDS; round++) {
    const slope = new Float64Array(FEATURES.length);
    for (const one of scaled) addSlope(one, weights, 1 / sizes.size / (sizes.get(one.query.set) ?? 1), slope);
    for (const [at, feature] of FEATURES.entries()) {
      const down = (slope[at] ?? 0) + strength * ((weights[at] ?? 0) - (prior[at] ?? 0));
      speed[at] = 0.9 * (speed[at] ?? 0) + 0.1 * down;
      size[at] = 0.99 * (size[at] ?? 0) + 0.01 * down * down;
      const pace = Math.sqrt((size[at] ?? 0) / (1 - 0.99 ** round)) + 1e-6;
      const next = (weights[at] ?? 0) - (STEP * (speed[at] ?? 0)) / (1 - 0.9 ** round) / pace;
      weights[at] = feature === without ? 0 : allowed(feature, next);
    }
  }
  const entries = FEATURES.map((feature, at) => [feature, round3((weights[at] ?? 0) / (spread[at] ?? 1))] as const);
  return Object.fromEntries(entries) as Weights; // every feature has an entry
}

function addSlope({ rows, good }: Example, weights: Float64Array, share: number, slope: Float64Array): void {
  const values = rows.map((row) => dot(row, weights));
  const top = Math.max(...values);
  const odds = values.map((value) => Math.exp(value - top));
  const all = sum(odds);
  const right = sum(odds.filter((_, at) => good[at]));
  for (const [at, row] of rows.entries()) {
    const pull = share * ((odds[at] ?? 0) / all - (good[at] ? (odds[at] ?? 0) / right : 0));
    if (Math.abs(pull) > 1e-9) for (let d = 0; d < row.length; d++) slope[d] = (slope[d] ?? 0) + pull * (row[d] ?? 0);
  }
}

function allowed(feature: Feature, weight: number): number {
  if (FREE.has(feature)) return weight;
  return PENALTIES.has(feature) ? Math.min(0, weight) : Math.max(0, weight);
}

function spreads(examples: readonly Example[]): number[] {
  const rows = examples.flatMap((one) => one.rows);
  return FEATURES.map((_, at) => {
    const average = sum(rows.map((row) => row[at] ?? 0)) / rows.length;
    return Math.max(MIN_SPREAD, Math.sqrt(sum(rows.map((row) => ((row[at] ?? 0) - average) ** 2)) / rows.length));
  });
}

/** Each set scored by weights that were fitted without it. */
function crossValidated(examples: readonly Example[], strength: number, without?: Feature): Map<string, Row[]> {
  const family = ({ query }: Example) => query.set.split(',')[0] ?? '';
  const families = [...new Set(examples.map(family))];
  return new Map(
    families.flatMap((left) => {
      const weights = fitted(
        examples.filter((one) => family(one) !== left),
        strength,
        without,
      );
      const rest = examples.filter((one) => family(one) === left);
      return [
        ...bySet(
          rest,
          rest.map((one) => scored(one, weights)),
        ),
      ];
    }),
  );
}

function scored({ query, ids, rows }: Example, weights: Weights): Row {
  const values = rows.map((row) =>
    dot(
      row,
      Float64Array.from(FEATURES, (feature) => weights[feature]),
    ),
  );
  const order = ids.map((id, at) => ({ id, value: values[at] ?? 0 })).sort((a, b) => b.value - a.value);
  return score(
    query,
    order.map(({ id }) => id),
  );
}

function bySet(examples: readonly Example[], rows: readonly Row[]): Map<string, Row[]> {
  const sets = new Map<string, Row[]>();
  for (const [at, { query }] of examples.entries())
    sets.set(query.set, [...(sets.get(query.set) ?? []), rows[at] ?? []]);
  return sets;
}

function say(label: string, sets: Map<string, Row[]>): void {
  const part = (raw: boolean) => [...sets].filter(([set]) => set.includes(',') === raw).map(([, rows]) => mean(rows));
  const shown = [part(false), part(true)].filter(({ length }) => length > 0).map((rows) => mean(rows));
  const cells = shown.map((row) => row.map((x) => (100 * x).toFixed(1).padStart(6)).join(''));
  process.stdout.write(`${label.padEnd(24)}${cells.join(' | ')}\n`);
}

function dot(row: Float64Array, weights: Float64Array): number {
  let total = 0;
  for (let at = 0; at < row.length; at++) total += (row[at] ?? 0) * (weights[at] ?? 0);
  return total;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const round3 = (number: number) => Math.round(number * 1000) / 1000;
