import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type JsonObject, parseJsonObject } from '../../../src/core/json.ts';
import { ARMS } from './arms/arm.ts';
import { toolPool } from './catalog.ts';
import { type Endpoint, EndpointError, endpointFrom } from './endpoint.ts';
import { labelledTasks } from './labelled-tasks.ts';
import { OWN_TASKS } from './own-tasks.ts';
import { type PlannedRun, plan } from './plan.ts';
import { costTable, type Prices, report, spent } from './report.ts';
import { type Result, ResultFile } from './results.ts';
import { runTask } from './run-task.ts';
import type { Task } from './task.ts';

const HELP = `npm run bench:models -- --out <file> [options]

Tasks with tools, done by a model in three ways: with all definitions given to it, through the built gateway, and through the
meta-tools of the original. The same task has the same servers and catalog in each way; servers record what reaches them.

The model is behind an API that these variables name (the key is never shown; without one none is sent):
  BENCH_MODEL_URL    …/v1/chat/completions (OpenAI and all who speak it) or …/v1/messages (Anthropic)
  BENCH_MODEL        the model's name
  BENCH_MODEL_KEY    the key

  --out <file>            results as JSON lines (default: bench-models.jsonl); a rerun skips what is there
  --yes                   go on after the cost has been shown
  --tasks own,labelled    ours, and labelled queries of TOOL_SEARCH_DATA (default: both)
  --queries <n>           so many labelled queries (default: 24)
  --only <id>,<id>        these tasks
  --arms all,gateway,original
  --sizes 50,250,4000     tools of a catalog
  --max-turns <n>         answers of the model in a run (default: 16)
  --turn-seconds <n>      deadline of an answer (default: 180)
  --context <tokens>      runs whose definitions alone are more are left out (default: 180000)
  --price-in <usd>        for a million tokens; likewise --price-out
  --body <json>           further members of each request: {"temperature": 0}
  --seed <n>              of catalogs and of which queries are taken (default: 1)
  --help`;

const OPTIONS = {
  out: { type: 'string', default: 'bench-models.jsonl' },
  yes: { type: 'boolean', default: false },
  tasks: { type: 'string', default: 'own,labelled' },
  queries: { type: 'string', default: '24' },
  only: { type: 'string' },
  arms: { type: 'string', default: ARMS.join() },
  sizes: { type: 'string', default: '50,250,4000' },
  'max-turns': { type: 'string', default: '16' },
  'turn-seconds': { type: 'string', default: '180' },
  context: { type: 'string', default: '180000' },
  'price-in': { type: 'string' },
  'price-out': { type: 'string' },
  body: { type: 'string', default: '{}' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** An endpoint that has failed so often one after another is down. */
const FAILURES_IN_A_ROW = 3;

/** The benchmark; resolves with the exit code: 1 when a run could not be made. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return print(HELP);
  const prices: Prices = { in: optionalNumber('price-in', values), out: optionalNumber('price-out', values) };
  const maxTurns = numberIn('max-turns', values);
  const turnMs = 1000 * numberIn('turn-seconds', values);
  const endpoint = endpointFrom(process.env, { turnMs, extra: objectIn('body', values) });
  const all = plannedRuns(values, endpoint, maxTurns);
  const file = new ResultFile(values.out);
  const left = all.filter(({ key }) => !file.of(key));
  const here = () => all.flatMap(({ key }) => file.of(key) ?? []);
  if (left.length > 0) {
    note(`${all.length - left.length} of ${all.length} runs are in ${values.out}. The others would take about:`);
    note(costTable(left, prices));
    if (prices.in === undefined || prices.out === undefined) note('What that costs --price-in and --price-out tell.');
    if (!values.yes) return note('Nothing has been sent: add --yes to go on.');
  }
  const failures = await makeRuns(left, endpoint, maxTurns, (result) => file.add(result));
  if (here().length > 0) print(report(here()));
  note(`All runs of the table took ${spent(here(), prices)}.`);
  for (const failure of failures) note(failure);
  return failures.length > 0 ? 1 : 0;
}

function plannedRuns(values: Values, { model, extra }: Endpoint, maxTurns: number): PlannedRun[] {
  const folder = resolve(process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval');
  const seed = numberIn('seed', values);
  const pool = toolPool(folder);
  const kinds = listIn('tasks', values, ['own', 'labelled']);
  const labelled = kinds.includes('labelled') ? labelledTasks(folder, pool, numberIn('queries', values), seed) : [];
  if (kinds.includes('labelled') && labelled.length === 0) note(`no labelled queries in ${folder} (TOOL_SEARCH_DATA)`);
  const tasks = chosen([...(kinds.includes('own') ? OWN_TASKS : []), ...labelled], values.only);
  const sizes = values.sizes.split(',').map((size) => wholeNumber('sizes', size));
  const arms = listIn('arms', values, ARMS);
  const runs = plan({ tasks, pool, arms, sizes, seed, model, maxTurns, extra });
  const context = numberIn('context', values);
  const fitting = runs.filter(({ definitions }) => definitions <= context);
  if (fitting.length < runs.length)
    note(
      `${runs.length - fitting.length} runs are left out: their definitions are more than ${context} tokens (--context)`,
    );
  return fitting;
}

function chosen(tasks: readonly Task[], only: string | undefined): readonly Task[] {
  if (only === undefined) return tasks;
  return only.split(',').map((id) => {
    const task = tasks.find((each) => each.id === id);
    if (!task) throw new Error(`--only: there is no ${id}; there are ${tasks.map((each) => each.id).join(', ')}`);
    return task;
  });
}

/** Makes runs one after another; resolves with what could not be made, which a rerun tries again. */
async function makeRuns(
  runs: readonly PlannedRun[],
  endpoint: Endpoint,
  maxTurns: number,
  add: (result: Result) => void,
): Promise<string[]> {
  const failures: string[] = [];
  let inRow = 0;
  for (const [at, planned] of runs.entries()) {
    const { task, arm, size } = planned.key;
    const label = `${at + 1}/${runs.length} ${task}, ${arm}, ${size} tools`;
    try {
      const result = await runTask(planned, endpoint, maxTurns);
      add(result);
      inRow = 0;
      note(`${label}: ${result.right ? 'right' : `not right (${result.ending})`}, ${result.turns} turns`);
    } catch (error) {
      failures.push(`${label}: not made: ${error instanceof Error ? error.message : error}`);
      const isHopeless = error instanceof EndpointError && error.fault === 'misconfigured';
      inRow += 1;
      if (isHopeless || inRow === FAILURES_IN_A_ROW) break;
    }
  }
  return failures;
}

function listIn<const T extends string>(option: 'tasks' | 'arms', values: Values, known: readonly T[]): T[] {
  return values[option].split(',').map((name) => {
    const found = known.find((each) => each === name);
    if (!found) throw new Error(`--${option}: there is no ${name}; there are ${known.join(', ')}`);
    return found;
  });
}

type NumberOption = 'queries' | 'max-turns' | 'turn-seconds' | 'context' | 'seed';
const numberIn = (option: NumberOption, values: Values) => wholeNumber(option, values[option]);

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${option}: ${text} is no whole number above 0`);
}

function optionalNumber(option: 'price-in' | 'price-out', values: Values): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new Error(`--${option}: ${text} is no price`);
}

function objectIn(option: 'body', values: Values): JsonObject {
  const object = parseJsonObject(values[option]);
  if (object) return object;
  throw new Error(`--${option}: ${values[option]} is no JSON object`);
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}

/** Progress goes to stderr, so that stdout has the table alone. */
function note(text: string): 0 {
  process.stderr.write(`${text}\n`);
  return 0;
}
