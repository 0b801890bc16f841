import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildOf, stateOf } from './against.ts';
import { exitOnSignals } from './at-end.ts';
import { type Build, THIS } from './builds.ts';
import { circumstances, sentence } from './circumstances.ts';
import { comparison } from './comparison.ts';
import { Laboratory } from './laboratory.ts';
import { README } from './paths.ts';
import { Progress } from './progress.ts';
import { type Row, reached } from './row.ts';
import type { Scenario } from './scenario.ts';
import { chosenBy, NAMES } from './scenarios.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';
import { within } from './within.ts';
import { writeBetweenMarkers } from './write-between-markers.ts';

/** No round takes longer on any machine worth measuring on. */
const ROUND_LIMIT_MS = 120_000;
/** Fewer do not tell a difference between two builds with 95 %. */
const ROUNDS_OF_A_COMPARISON = 6;

const HELP = `npm run bench -- [options]

  --only startup,latency  what to measure: ${NAMES.join(', ')};
                          a name's beginning chooses all that begin so (default: what has a goal in the table)
  --all                   measures payload, wake-ups and npx too
  --against <git ref>     builds that state beside this one, measures both in turns and prints the difference
  --rounds <n>            rounds of each, in place of a number that fits each
  --json <file>           writes all figures of all rounds too
  --write                 writes the table into test/bench/README.md
  --help

Ratios are medians over interleaved rounds; trust them, not the milliseconds. The table goes to stdout, progress to stderr.`;

const OPTIONS = {
  only: { type: 'string' },
  all: { type: 'boolean', default: false },
  against: { type: 'string' },
  rounds: { type: 'string' },
  json: { type: 'string' },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Rows of each build, this one first; and what could not be measured. */
interface Measured {
  readonly rows: readonly Row[][];
  readonly failures: readonly string[];
}

/** The benchmark; resolves with the exit code: 1 when something could not be measured. A goal that is missed is no failure. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return print(HELP);
  const chosen = chosenBy(values);
  const rounds = values.rounds === undefined ? undefined : countIn(values.rounds);
  if (values.write && (values.only || values.all || values.against !== undefined))
    throw new Error('--write puts the table into the README: leave out --only, --all and --against');
  exitOnSignals();
  const progress = new Progress();
  const before = values.against === undefined ? undefined : await buildOf(values.against, (step) => progress.say(step));
  const machine = circumstances();
  const { rows, failures } = await measureAll(chosen, before, rounds, progress);
  const [now = [], earlier = []] = rows;
  const text = `${sentence(machine)}\n\n${table(now)}`;
  print(before ? `${text}\n\n${await compared(before, earlier, now)}` : text);
  const judged = rows.map((each) => each.map(judge));
  const against = before && { name: before.name, rows: judged[1] };
  if (values.json) writeFileSync(values.json, JSON.stringify({ ...machine, rows: judged[0], against }, null, 2));
  if (values.write && failures.length === 0) writeBetweenMarkers(README, 'performance', text);
  for (const failure of failures) process.stderr.write(`not measured: ${failure}\n`);
  return failures.length > 0 ? 1 : 0;
}

function countIn(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--rounds: ${text} is no number of rounds`);
}

async function measureAll(
  chosen: readonly Scenario[],
  before: Build | undefined,
  rounds: number | undefined,
  progress: Progress,
): Promise<Measured> {
  const builds = before ? [THIS, before] : [THIS];
  const rows: Row[][] = builds.map(() => []);
  const failures: string[] = [];
  for (const scenario of chosen) {
    const count = rounds ?? Math.max(scenario.rounds, before ? ROUNDS_OF_A_COMPARISON : 0);
    try {
      const measured = await measure(scenario, builds, count, progress);
      measured.forEach((each, at) => void rows[at]?.push(...each));
    } catch (error) {
      failures.push(`${scenario.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  progress.clear();
  return { rows, failures };
}

async function measure(scenario: Scenario, builds: readonly Build[], count: number, progress: Progress) {
  const lab = new Laboratory();
  const repeat = async (round: (index: number) => Promise<void>) => {
    for (let index = 0; index < count; index++) {
      progress.say(`${scenario.name} ${index + 1}/${count}`);
      await within(ROUND_LIMIT_MS * builds.length, round(index));
    }
  };
  try {
    return await scenario.measure({ lab, builds, repeat });
  } finally {
    await lab.close();
  }
}

async function compared({ name }: Build, earlier: readonly Row[], rows: readonly Row[]): Promise<string> {
  const what =
    `This is ${await stateOf()}, that is ${name}. Ratios are medians over pairs of rounds, with their 95 % interval (less where it says so). ` +
    'The relay is the same on both sides: what it differs by is noise. One row in twenty differs by chance.';
  return `${what}\n\n${comparison(name, earlier, rows)}`;
}

const judge = (row: Row) => ({ ...row, median: median(row.values), reached: reached(row) });

function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}
