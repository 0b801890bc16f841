import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { circumstances, sentence } from '../performance/circumstances.ts';
import { Laboratory } from '../performance/laboratory.ts';
import { README } from '../performance/paths.ts';
import { medians, type Row } from '../performance/row.ts';
import { inTurn, quantile, type Round } from '../performance/statistics.ts';
import { table } from '../performance/table.ts';
import { within } from '../performance/within.ts';
import { writeBetweenMarkers } from '../performance/write-between-markers.ts';
import { type Contestant, enter, startGenerator, type Window } from './contest.ts';
import { figures } from './figures.ts';
import { PARTICIPANTS, type Participant } from './participants.ts';
import { installPeers, PEERS } from './peers.ts';

const NAMES = PARTICIPANTS.map(({ name }) => name);
/** Calls of one window by how many are in flight. */
const WIDTHS = [
  { inFlight: 1, calls: 500 },
  { inFlight: 8, calls: 2000 },
  { inFlight: 32, calls: 4000, goal: { atLeast: 5 } },
  { inFlight: 64, calls: 4000 },
];
const WARM_UP = { inFlight: 32, calls: 5000 };
/** No window takes longer on any machine worth measuring on. */
const WINDOW_LIMIT_MS = 60_000;

const HELP = `npm run bench:http -- [options]

  --only ours,mcp-proxy   whom to measure: ${NAMES.join(', ')} (default: all of them)
  --rounds <n>            rounds (default: 5)
  --sessions <n>          client sessions with each participant (default: 8)
  --json <file>           writes the figures of every round too
  --write                 writes the tables into test/bench/README.md
  --help

Ratios are medians over interleaved rounds; trust them, not the milliseconds. The tables go to stdout, progress to stderr.`;

const OPTIONS = {
  only: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  sessions: { type: 'string', default: '8' },
  json: { type: 'string' },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** What every participant did in every round, by how many calls were in flight. */
type Results = ReadonlyMap<number, readonly Readonly<Record<string, Window>>[]>;

/** The benchmark over HTTP; resolves with the exit code: 1 when somebody could not be measured. A goal that is missed is no failure. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return print(HELP);
  const chosen = chosenBy(values.only);
  if (values.write && values.only) throw new Error('--write puts the whole table into the README: leave out --only');
  const [rounds, sessions] = [countIn('--rounds', values.rounds), countIn('--sessions', values.sessions)];
  const machine = circumstances();
  if (chosen.some(({ kind }) => kind === 'peer')) installPeers();
  const { results, failures } = await measure(chosen, rounds, sessions);
  const text = [sentence(machine), versions(sessions), table(rowsOf(results, chosen)), ...widthTables(results)].join(
    '\n\n',
  );
  if (values.json) writeFileSync(values.json, JSON.stringify({ ...machine, sessions, results: [...results] }, null, 2));
  if (values.write && failures.length === 0) writeBetweenMarkers(README, 'http', text);
  print(text);
  for (const failure of failures) process.stderr.write(`not measured: ${failure}\n`);
  return failures.length > 0 ? 1 : 0;
}

function chosenBy(only: string | undefined): readonly Participant[] {
  const names = only?.split(',') ?? NAMES;
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}; there are ${NAMES.join(', ')}`);
  return PARTICIPANTS.filter(({ name }) => names.includes(name));
}

function countIn(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`${option}: ${text} is no number above 0`);
}

async function measure(chosen: readonly Participant[], rounds: number, sessions: number) {
  const lab = new Laboratory();
  const failures: string[] = [];
  try {
    const generator = startGenerator(lab);
    const contestants: Contestant[] = [];
    for (const each of chosen) {
      const complain = ({ message }: Error) => void failures.push(message);
      await enter(lab, generator, each, sessions).then((entered) => contestants.push(entered), complain);
    }
    for (const { run } of contestants) await run(WARM_UP.inFlight, WARM_UP.calls);
    const results = await roundsOf(contestants, rounds);
    await Promise.all(contestants.map(({ stop }) => stop()));
    return { results, failures };
  } finally {
    await lab.close();
  }
}

async function roundsOf(contestants: readonly Contestant[], count: number): Promise<Results> {
  const results = new Map(WIDTHS.map(({ inFlight }) => [inFlight, [] as Record<string, Window>[]]));
  for (let round = 0; round < count; round++) {
    process.stderr.write(`round ${round + 1}/${count}\n`);
    for (const { inFlight, calls } of WIDTHS) {
      const windows: Record<string, Window> = {};
      for (const { participant, run } of inTurn(contestants, round))
        windows[participant.name] = await within(WINDOW_LIMIT_MS, run(inFlight, calls));
      results.get(inFlight)?.push(windows);
    }
  }
  return results;
}

/** Ours against the best peer in calls per second, and in CPU time where that is a goal, round by round. */
function rowsOf(results: Results, chosen: readonly Participant[]): Row[] {
  const peers = chosen.filter(({ kind }) => kind === 'peer').map(({ name }) => name);
  const against = (rounds: readonly Round[], best: (values: readonly number[]) => number) =>
    rounds.map((round) => (round.ours ?? NaN) / best(peers.flatMap((name) => round[name] ?? [])));
  return WIDTHS.flatMap(({ inFlight, goal }): Row[] => {
    const windows = results.get(inFlight) ?? [];
    const [rates, costs] = [
      windows.map((each) => figureOf(each, 'rate')),
      windows.map((each) => figureOf(each, 'cpuMsPerCall')),
    ];
    const rate: Row = {
      label: `calls per second with ${inFlight} in flight, against the best peer`,
      unit: '×',
      values: against(rates, (values) => quantile(values, 1)),
      beside: medians(rates, '/s'),
    };
    if (!goal) return [rate];
    const cost: Row = {
      label: `CPU of a call with ${inFlight} in flight, against the best peer`,
      unit: '×',
      values: against(costs, (values) => quantile(values, 0)),
      beside: medians(costs, ' ms'),
    };
    return [{ ...rate, goal }, cost];
  });
}

const figureOf = (windows: Readonly<Record<string, Window>>, key: keyof Window): Round =>
  Object.fromEntries(Object.entries(windows).map(([name, window]) => [name, window[key]]));

const widthTables = (results: Results) =>
  [...results].map(([inFlight, windows]) => `With ${inFlight} in flight:\n\n${figures(windows)}`);

const versions = (sessions: number) =>
  `Peers: ${Object.entries(PEERS)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}; ${sessions} client sessions with each.`;

function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}
