import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RANKING, type Ranking } from '../../src/search/ranking-parameters.ts';
import { type LabelledData, type LabelledQuery, readData } from './data.ts';
import type { Latency } from './latency.ts';
import { METRICS, macro, mean, type Row, score } from './measure.ts';
import { toolsOfSize, withTypo } from './perturb.ts';
import { original, ours, plainBm25, type Technique } from './searchers.ts';

const HELP = `npm run bench:search -- [options]

  --only main,dev2,bfcl,seal   folders of labelled data to measure (default: all of them)
  --ablate all|<name>     what is lost without a part of the ranking: ${'<name>'} as the first column shows it
  --skip baselines,typos,scaling,latency
  --json                  figures as JSON on stdout
  --help

The data is read from the folder in TOOL_SEARCH_DATA (default ../shared/retrieval): <set>/tools.jsonl and queries.jsonl.`;

interface Measured {
  readonly technique: string;
  readonly data: string;
  readonly sets: Readonly<Record<string, Row>>;
  readonly mean: Row;
  readonly interval: readonly (readonly [number, number])[];
}

const SIZES = [500, 2000, 10_000];
/** This benchmark's own runner, which is what runs now. */
const RUNNER = process.argv[1] ?? '';
const OURS = 'mcp-gateway';

const OPTIONS = {
  only: { type: 'string', default: 'main,dev2,bfcl,seal' },
  ablate: { type: 'string' },
  skip: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The benchmark; resolves with the exit code. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const folder = resolve(process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval');
  if (values.help) return print(HELP);
  if (!existsSync(folder))
    return print(`skipped: no labelled data in ${folder}; TOOL_SEARCH_DATA names another folder`);
  const all = readData(folder, ['main', 'dev2', 'bfcl', 'seal']);
  const chosen = all.filter(({ name }) => values.only.split(',').includes(name));
  const skipped = (part: string) => values.skip.split(',').includes(part);
  const techniques: [string, Technique][] = [[OURS, ours()]];
  if (!skipped('baselines')) techniques.push(['original', original], ['plain BM25', plainBm25]);
  for (const [name, changes] of Object.entries(ablations(values.ablate))) techniques.push([name, ours(changes)]);
  const measured: Measured[] = [];
  for (const [name, technique] of techniques) {
    for (const data of chosen) measured.push(await measure(name, technique, data));
  }
  if (!skipped('typos')) for (const data of chosen) measured.push(await measure('one typo', ours(), misspelt(data)));
  if (!skipped('scaling')) for (const data of chosen) measured.push(...(await scaling(data, all)));
  const latency = skipped('latency') ? [] : latencies();
  return print(
    values.json ? JSON.stringify({ measured, latency }) : [...tables(measured), ...latencyTable(latency)].join('\n'),
  );
}

async function measure(technique: string, make: Technique, { name, tools, queries }: LabelledData): Promise<Measured> {
  process.stderr.write(`${technique} on ${name}\n`);
  const search = await make(tools);
  const rows = new Map<string, Row[]>();
  for (const query of queries) {
    const own = rows.get(query.set) ?? [];
    own.push(score(query, search(query.query)));
    rows.set(query.set, own);
  }
  const sets = Object.fromEntries([...rows].map(([set, own]) => [set, mean(own)]));
  return { technique, data: name, sets, ...macro([...rows.values()], technique === OURS ? 1000 : 0) };
}

function misspelt(data: LabelledData): LabelledData {
  const queries = data.queries.map((one, at): LabelledQuery => ({ ...one, query: withTypo(one.query, at) }));
  return { ...data, queries };
}

async function scaling(data: LabelledData, all: readonly LabelledData[]): Promise<Measured[]> {
  const others = all.filter(({ name }) => name !== data.name).flatMap(({ tools }) => tools);
  const measured: Measured[] = [];
  for (const size of SIZES) {
    const tools = toolsOfSize(size, data, others);
    const known = new Set(tools.map(({ id }) => id));
    const queries = data.queries.filter(({ groups }) => groups.every((group) => group.some((id) => known.has(id))));
    measured.push(await measure(`${size} tools`, ours(), { ...data, tools, queries }));
  }
  return measured;
}

// Each size in a process of its own, so that what it takes is its own.
function latencies(): Latency[] {
  return SIZES.map((size) => {
    process.stderr.write(`latency at ${size} tools\n`);
    const command = [RUNNER, 'latency', String(size)];
    return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' })) as Latency; // what latency.ts prints
  });
}

function ablations(name: string | undefined): Record<string, Partial<Ranking>> {
  const all = allAblations();
  if (name === undefined) return {};
  if (name === 'all') return all;
  const found = all[name];
  if (!found) throw new Error(`--ablate ${name}: unknown; known are all, ${Object.keys(all).join(', ')}`);
  return { [name]: found };
}

function allAblations(): Record<string, Partial<Ranking>> {
  const without = (name: string, changes: Partial<Ranking>) => [`no ${name}`, changes] as const;
  const fields = Object.keys(RANKING.fields).map((field) =>
    without(field, { fields: { ...RANKING.fields, [field]: 0 } }),
  );
  const standIns = Object.keys(RANKING.standIns).map((standIn) =>
    without(standIn === 'server' ? 'server part' : standIn, { standIns: { ...RANKING.standIns, [standIn]: 0 } }),
  );
  return Object.fromEntries([
    ...fields,
    ...standIns,
    without('literals', { literal: 1 }),
    without('saturation', { saturation: 1000 }),
    without('coverage', { coverage: 0 }),
    without('second stage', { depth: 0 }),
  ]);
}

function tables(measured: readonly Measured[]): string[] {
  const names = [...new Set(measured.map(({ data }) => data))];
  return names.flatMap((name) => [
    `\n${name.padEnd(18)}${METRICS.map((metric) => metric.padStart(9)).join('')}`,
    ...measured.filter(({ data }) => data === name).flatMap(rowsOf),
  ]);
}

function rowsOf({ technique, sets, mean: total, interval }: Measured): string[] {
  const line = (label: string, row: Row) =>
    label.padEnd(18) + row.map((x) => (100 * x).toFixed(1).padStart(9)).join('');
  const span = interval
    .map(([low, high]) => `${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)}`.padStart(9))
    .join('');
  if (technique !== OURS) return [line(technique, total)];
  const each = Object.entries(sets).map(([set, row]) => line(`  ${set}`, row));
  return [...(each.length > 1 ? each : []), line(technique, total), '  95 % interval'.padEnd(18) + span];
}

function latencyTable(rows: readonly Latency[]): string[] {
  if (rows.length === 0) return [];
  const head = ['tools', 'p50 ms', 'p99 ms', 'build ms', 'slice ms', 'RSS MB'];
  const line = (cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(10)).join('');
  const cells = rows.map((row) => [
    row.tools,
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.build.toFixed(0),
    row.longestSlice.toFixed(1),
    row.rssMegabytes.toFixed(0),
  ]);
  return ['', line(head), ...cells.map(line)];
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
