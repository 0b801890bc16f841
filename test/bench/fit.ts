import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FEATURES, RANKING } from '../../src/search/ranking-parameters.ts';
import { cached } from './cache.ts';
import { readData } from './data.ts';
import { DATA, dataFiles, type Example, examplesIn, scored, type Weights } from './examples.ts';
import { type FitOptions, fitted } from './fitter.ts';
import { type Row, score } from './measure.ts';
import { missesOf } from './misses.ts';
import { behindLines, differenceLines, sourceTable, worstLines } from './report.ts';
import { original, plainBm25, type Technique } from './searchers.ts';
import { groupedBy, sourced } from './sources.ts';
import { type BySource, percent, spreadOf, TOLD } from './spread.ts';

const HELP = `node test/bench/run.mjs fit [options]

Fits the weights of the second stage, each source left out in turn, and says how well they do on it.

  --strength 0.2,0.5      how strongly weights are drawn to the order of the first stage (default 0.2)
  --without a,b           features that the model does without, or sources that take no part in a fit
  --ablate                takes each feature away in turn
  --write                 prints the weights that are fitted on all sources
  --misses <source>       prints the queries whose answer is not first, by the weights in use
  --within <n>            with --misses: not among the first n
  --help

The data is read from the folder in TOOL_SEARCH_DATA (default ../shared/retrieval).`;

const OPTIONS = {
  strength: { type: 'string', default: '0.2' },
  without: { type: 'string', default: '' },
  ablate: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  misses: { type: 'string' },
  within: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;

/** Fits the weights of the second stage, and reports on each source by weights that were fitted without it. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const folder = resolve(process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval');
  if (values.help) return print([HELP]);
  if (!existsSync(folder)) return print([`skipped: no labelled data in ${folder}`]);
  const examples = await examplesIn(folder);
  if (values.misses !== undefined) {
    const own = examples.filter(({ query }) => query.source === values.misses);
    return print(missesOf(own, weightsInUse(), Number(values.within)));
  }
  const without = values.without.split(',').map((name) => name.trim());
  const strengths = values.strength.split(',').map(Number);
  const baselines = await baselinesIn(folder);
  for (const strength of strengths) report(examples, baselines, { strength, without });
  const [strength = 0.2] = strengths;
  if (values.ablate) ablate(examples, { strength, without });
  if (values.write) print(written(fitted(fitting(examples, without), { strength, without })));
  return 0;
}

/** Returns the figures of each reported query by weights that were fitted without its family. */
export function leftOut(examples: readonly Example[], options: FitOptions): BySource {
  const usable = fitting(examples, options.without);
  const start = fitted(usable, options);
  const families = groupedBy(examples, ({ query }) => query.family);
  const rows = new Map<Example, Row>();
  for (const [family, own] of families) {
    const weights = fitted(
      usable.filter(({ query }) => query.family !== family),
      { ...options, start },
    );
    for (const one of own) if (one.query.reports) rows.set(one, scored(one, weights));
  }
  return bySource(examples, (one) => rows.get(one) ?? []);
}

function report(examples: readonly Example[], baselines: Baselines, options: FitOptions): void {
  const rowsOf = (found: readonly (readonly string[])[]) =>
    bySource(examples, ({ query }, at) => score(query, found[at] ?? []));
  const others = new Map([...baselines].map(([name, found]) => [name, rowsOf(found)]));
  const inUse = bySource(examples, (one) => scored(one, weightsInUse()));
  const anew = leftOut(examples, options);
  print([
    `\nL2 ${options.strength}`,
    ...sourceTable(new Map([...others, ['in use', inUse], ['left out', anew]])),
    ...worstLines('the weights in use', inUse),
    ...worstLines('left-out weights', anew),
    ...differenceLines('left out − in use', anew, inUse),
    ...behindLines('behind plain BM25 or the original, weights in use', inUse, others),
    ...behindLines('behind plain BM25 or the original, left out', anew, others),
  ]);
}

function ablate(examples: readonly Example[], { strength, without = [] }: FitOptions): void {
  const all = spreadOf(leftOut(examples, { strength, without }), 0);
  const line = (label: string, cells: readonly string[]) =>
    print([label.padEnd(22) + cells.map((cell) => cell.padStart(10)).join('')]);
  print(['\nleft out, without one feature: mean over sources, and the worst source; difference to all features']);
  line('', [...TOLD, ...TOLD.map((metric) => `worst ${metric}`)]);
  line('all', [...all.map(({ mean }) => percent(mean)), ...all.map(({ min }) => percent(min))]);
  for (const feature of FEATURES.filter((one) => !without.includes(one))) {
    const less = spreadOf(leftOut(examples, { strength, without: [...without, feature] }), 0);
    const change = (key: 'mean' | 'min') =>
      less.map((one, at) => `${(100 * (one[key] - (all[at]?.[key] ?? 0))).toFixed(2)}`);
    line(`no ${feature}`, [...change('mean'), ...change('min')]);
  }
}

/** Ids that other techniques find, by technique, in the order of the examples. */
type Baselines = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Returns what the search is compared with, from the cache unless data or techniques have changed: it takes minutes. */
async function baselinesIn(folder: string): Promise<Baselines> {
  const own = ['data', 'searchers', 'sources'].map((name) => join('test/bench', `${name}.ts`));
  const techniques: [string, Technique][] = [
    ['plain BM25', plainBm25],
    ['original', original],
  ];
  return cached('baselines', [...own, ...dataFiles(folder)], async () => {
    const found = new Map<string, string[][]>();
    for (const [name, technique] of techniques) found.set(name, await foundBy(technique, folder));
    return found;
  });
}

async function foundBy(technique: Technique, folder: string): Promise<string[][]> {
  const found: string[][] = [];
  for (const data of readData(folder, DATA)) {
    process.stderr.write(`plain BM25 and the original on ${data.name}, once\n`);
    const search = await technique(data.tools);
    for (const { query } of sourced(data)) found.push(await search(query));
  }
  return found;
}

function fitting(examples: readonly Example[], without: readonly string[] = []): Example[] {
  return examples.filter(({ query }) => query.fits && !without.includes(query.source));
}

function bySource(examples: readonly Example[], row: (example: Example, at: number) => Row): BySource {
  const rows = examples.map((one, at) => ({ query: one.query, row: one.query.reports ? row(one, at) : [] }));
  const reported = rows.filter(({ query }) => query.reports);
  const groups = [...groupedBy(reported, ({ query }) => query.source)];
  return new Map(groups.map(([source, own]) => [source, own.map((one) => one.row)]));
}

function weightsInUse(): Weights {
  return Float64Array.from(FEATURES, (feature) => RANKING.features[feature]);
}

function written(weights: Weights): string[] {
  const lines = FEATURES.map((feature, at) => `    ${feature}: ${Number((weights[at] ?? 0).toFixed(3))},`);
  return ['\n  features: {', ...lines, '  },'];
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
