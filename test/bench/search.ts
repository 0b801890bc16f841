import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RANKING, type Ranking } from '../../src/search/ranking-parameters.ts';
import { type LabelledData, type LabelledQuery, readData } from './data.ts';
import { DATA } from './examples.ts';
import type { Latency } from './latency.ts';
import { embeddingsFrom, meaningOf } from './meaning.ts';
import { mean, type Row, score } from './measure.ts';
import { nothingReport } from './nothing.ts';
import { toolsOfSize, withTypo } from './perturb.ts';
import { latencyTable, MEANING, type Measured, OURS, tables } from './search-tables.ts';
import { original, ours, plainBm25, type Technique } from './searchers.ts';
import { sourced } from './sources.ts';

const HELP = `npm run bench:search -- [options]

  --only main,dev2,bfcl,seal   folders of labelled data to measure (default: all of them)
  --ablate all|<name>     what is lost without a part of the ranking: ${'<name>'} as the first column shows it
  --skip baselines,typos,scaling,nothing,latency
  --meaning 0.2,0.5       weights of likeness of meaning to measure, with an embeddings endpoint (default 0.4)
  --json                  figures as JSON on stdout
  --help

The data is read from the folder in TOOL_SEARCH_DATA (default ../shared/retrieval): <set>/tools.jsonl and queries.jsonl.
EMBEDDINGS_URL, EMBEDDINGS_MODEL and EMBEDDINGS_API_KEY name an OpenAI-compatible endpoint; without it meaning is not measured.`;

const SIZES = [500, 2000, 10_000];
/** This benchmark's own runner, which is what runs now. */
const RUNNER = process.argv[1] ?? '';

const OPTIONS = {
  only: { type: 'string', default: 'main,dev2,bfcl,seal' },
  ablate: { type: 'string' },
  skip: { type: 'string', default: '' },
  meaning: { type: 'string', default: '0.4' },
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
  const all = readData(folder, DATA);
  const chosen = all.filter(({ name }) => values.only.split(',').includes(name));
  const skipped = (part: string) => values.skip.split(',').includes(part);
  const techniques: [string, Technique][] = [[OURS, ours()]];
  if (!skipped('baselines')) techniques.push(['original', original], ['plain BM25', plainBm25]);
  const measured: Measured[] = [];
  const endpoint = embeddingsFrom(process.env);
  for (const data of chosen) {
    // Queries without the server's name are sources of their own.
    const queries = sourced(data).map((one) => ({ ...one, set: one.source }));
    for (const [name, technique] of techniques) measured.push(await measure(name, technique, { ...data, queries }));
    if (endpoint) {
      const byMeaning = await meaningOf(data.tools, endpoint);
      for (const weight of values.meaning.split(','))
        measured.push(
          await measure(`${MEANING} ${weight}`, async () => byMeaning(Number(weight)), { ...data, queries }),
        );
    }
    for (const [name, changes] of Object.entries(ablations(values.ablate)))
      measured.push(await measure(name, ours(changes), data));
  }
  if (!skipped('typos')) for (const data of chosen) measured.push(await measure('one typo', ours(), misspelt(data)));
  if (!skipped('scaling')) for (const data of chosen) measured.push(...(await scaling(data, all)));
  const latency = skipped('latency') ? [] : latencies();
  const nothing = skipped('nothing') ? [] : await nothingReport(folder);
  return print(
    values.json
      ? JSON.stringify({ measured: measured.map(inFigures), latency })
      : [...tables(measured), ...nothing, ...latencyTable(latency)].join('\n'),
  );
}

async function measure(technique: string, make: Technique, { name, tools, queries }: LabelledData): Promise<Measured> {
  process.stderr.write(`${technique} on ${name}\n`);
  const search = await make(tools);
  const rows = new Map<string, Row[]>();
  for (const query of queries) {
    const own = rows.get(query.set) ?? [];
    own.push(score(query, await search(query.query)));
    rows.set(query.set, own);
  }
  return { technique, data: name, sources: rows };
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

function inFigures({ technique, data, sources }: Measured) {
  return { technique, data, sources: Object.fromEntries([...sources].map(([source, rows]) => [source, mean(rows)])) };
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
