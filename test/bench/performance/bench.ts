import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { circumstances, sentence } from './circumstances.ts';
import { Laboratory } from './laboratory.ts';
import { README } from './paths.ts';
import { isReached, type Row } from './row.ts';
import type { Scenario } from './scenario.ts';
import { found } from './scenarios/found.ts';
import { latency } from './scenarios/latency.ts';
import { npx } from './scenarios/npx.ts';
import { payload } from './scenarios/payload.ts';
import { resources } from './scenarios/resources.ts';
import { search } from './scenarios/search.ts';
import { startup } from './scenarios/startup.ts';
import { throughput } from './scenarios/throughput.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';
import { within } from './within.ts';
import { writeBetweenMarkers } from './write-between-markers.ts';

const SCENARIOS: readonly Scenario[] = [startup, found, latency, throughput, payload, resources, search, npx];
/** No round takes longer on any machine worth measuring on. */
const ROUND_LIMIT_MS = 60_000;

const HELP = `npm run bench -- [options]

  --only startup,latency  what to measure: ${SCENARIOS.map(({ name }) => name).join(', ')} (default: all of it)
  --rounds <n>            rounds of each, in place of a number that fits each
  --json <file>           writes all figures of all rounds too
  --write                 writes the table into test/bench/README.md
  --help

Ratios are medians over interleaved rounds; trust them, not the milliseconds. The table goes to stdout, progress to stderr.`;

const OPTIONS = {
  only: { type: 'string' },
  rounds: { type: 'string' },
  json: { type: 'string' },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The benchmark; resolves with the exit code: 1 when something could not be measured. A goal that is missed is no failure. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return print(HELP);
  const chosen = chosenBy(values.only);
  const rounds = values.rounds === undefined ? undefined : countIn(values.rounds);
  if (values.write && values.only) throw new Error('--write puts the whole table into the README: leave out --only');
  const machine = circumstances();
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const scenario of chosen) {
    const complain = ({ message }: Error) => void failures.push(`${scenario.name}: ${message}`);
    await measure(scenario, rounds ?? scenario.rounds).then((measured) => rows.push(...measured), complain);
  }
  const text = `${sentence(machine)}\n\n${table(rows)}`;
  if (values.json) writeFileSync(values.json, JSON.stringify({ ...machine, rows: rows.map(judged) }, null, 2));
  if (values.write && failures.length === 0) writeBetweenMarkers(README, 'performance', text);
  print(text);
  for (const failure of failures) process.stderr.write(`not measured: ${failure}\n`);
  return failures.length > 0 ? 1 : 0;
}

function chosenBy(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return SCENARIOS;
  return only.split(',').map((name) => {
    const scenario = SCENARIOS.find((each) => each.name === name);
    if (!scenario)
      throw new Error(`--only: there is no ${name}; there are ${SCENARIOS.map((each) => each.name).join(', ')}`);
    return scenario;
  });
}

function countIn(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--rounds: ${text} is no number of rounds`);
}

async function measure(scenario: Scenario, count: number): Promise<Row[]> {
  const lab = new Laboratory();
  const repeat = async <T>(round: (index: number) => Promise<T>): Promise<T[]> => {
    const results = [];
    for (let index = 0; index < count; index++) {
      process.stderr.write(`${scenario.name} ${index + 1}/${count}\n`);
      results.push(await within(ROUND_LIMIT_MS, round(index)));
    }
    return results;
  };
  try {
    return await scenario.measure({ lab, repeat });
  } finally {
    await lab.close();
  }
}

function judged(row: Row): Row & { readonly median: number; readonly reached: boolean | undefined } {
  return { ...row, median: median(row.values), reached: isReached(row) };
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}
