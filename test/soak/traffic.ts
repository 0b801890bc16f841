import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { sizedText } from '../fixtures/upstream/sized-text.mjs';
import type { RpcCalls } from '../helpers/clients/rpc-calls.ts';
import type { Member } from './fleet.ts';
import type { Random } from './random.ts';
import type { Outcome, Tally } from './tally.ts';

export interface Soak {
  readonly calls: RpcCalls;
  readonly random: Random;
  readonly tally: Tally;
  readonly members: readonly Member[];
}

interface Kind {
  readonly name: string;
  readonly weight: number;
  /** Makes one call and checks its answer. Throws `Failure` where the gateway refused, any other error for a wrong answer. */
  readonly run: (member: Member, soak: Soak) => Promise<void>;
}

/** The gateway answered that it could not: right only while the server is being disturbed, and with one of few codes. */
class Failure extends Error {
  readonly code: unknown;

  constructor(code: unknown, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** What a server that is killed, hung or restarted may cost its calls. */
const EXCUSABLE: readonly unknown[] = ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_ERROR', 'TIMEOUT'];

const CALL_TIMEOUT_MS = 30_000;
const JOB_TIMEOUT_MS = 20_000;
/** Longest wait for the end of a job whose server is disturbed, behind others of its kind. */
const JOB_PATIENCE_MS = 180_000;
const JOB_WAIT_MS = 20_000;

/** Makes one call of a random kind to a random server and counts what came of it. */
export async function callOnce(soak: Soak): Promise<void> {
  const { random, tally, members } = soak;
  const kind = random.weighted(KINDS);
  const member = random.pick(members);
  const { disturbed, disturbances } = member;
  const excuse = () => disturbed || member.disturbed || member.disturbances !== disturbances;
  const startedAt = performance.now();
  const outcome = await kind.run(member, soak).then(
    () => ({ as: 'right' as Outcome, text: '' }),
    (error: unknown) => ({ as: judged(error, excuse()), text: `${member.name}: ${textOf(error)}` }),
  );
  tally.count(kind.name, outcome.as, performance.now() - startedAt, outcome.text);
}

function judged(error: unknown, isExcused: boolean): Outcome {
  if (!(error instanceof Failure)) return 'wrong';
  return isExcused && EXCUSABLE.includes(error.code) ? 'excused' : 'unexpected';
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 400);

/** The result of a tool; throws `Failure` for a refusal of the gateway itself. */
async function invoke(id: string, args: JsonObject, { calls }: Soak, rest: JsonObject = {}): Promise<JsonObject> {
  const result = await calls.call('invoke', { id, args, timeoutMs: CALL_TIMEOUT_MS, ...rest });
  failIfRefused(result);
  return result;
}

/** The gateway's own error in a result, if it is one. */
function refusal({ isError, _meta }: JsonObject): JsonObject | undefined {
  const error = isError === true && isJsonObject(_meta) ? _meta['mcp-gateway/error'] : undefined;
  return isJsonObject(error) ? error : undefined;
}

function failIfRefused(result: JsonObject): void {
  const error = refusal(result);
  if (error) throw new Failure(error.code, textIn(result));
}

function textIn({ content }: JsonObject, index = 0): string {
  const block: unknown = Array.isArray(content) ? content[index] : undefined;
  return isJsonObject(block) ? String(block.text) : `no text block in ${JSON.stringify(content)?.slice(0, 200)}`;
}

function expectText(found: string, expected: string): void {
  if (found === expected) return;
  throw new Error(
    `expected ${expected.slice(0, 100)} (${expected.length}), found ${found.slice(0, 200)} (${found.length})`,
  );
}

async function echo({ name }: Member, soak: Soak): Promise<void> {
  const { random } = soak;
  const args = {
    n: random.whole(0, 1e9),
    text: sizedText(random.whole(0, 200), true),
    list: [null, true, { deep: -1.5 }],
  };
  expectText(textIn(await invoke(`${name}::echo`, args, soak)), JSON.stringify(args));
}

async function large({ name }: Member, soak: Soak): Promise<void> {
  const bytes = soak.random.whole(10_000, 400_000);
  expectText(textIn(await invoke(`${name}::sized`, { bytes }, soak)), sizedText(bytes));
}

async function progress({ name }: Member, { calls, random }: Soak): Promise<void> {
  const steps = Array.from({ length: random.whole(1, 8) }, (_, index) => ({
    progress: index + 1,
    message: `${index}`,
  }));
  const seen: unknown[] = [];
  const params = {
    name: 'invoke',
    arguments: { id: `${name}::steps`, args: { progress: steps }, timeoutMs: CALL_TIMEOUT_MS },
  };
  const { answer } = calls.start('tools/call', params, ({ progressToken: _, ...step }) => seen.push(step));
  const { result = {} } = await answer;
  failIfRefused(result);
  expectText(textIn(result), 'stepped');
  // A sign of life of the gateway, while the server is slow, is no whole step.
  const own = seen.filter((step) => isJsonObject(step) && Number.isInteger(step.progress));
  if (!isDeepStrictEqual(own, steps)) throw new Error(`progress ${JSON.stringify(seen)}, not ${JSON.stringify(steps)}`);
}

async function cancel({ name }: Member, { calls, random }: Soak): Promise<void> {
  const params = { name: 'invoke', arguments: { id: `${name}::sleep`, args: { ms: 60_000 } } };
  const call = calls.start('tools/call', params);
  await delay(random.whole(0, 100));
  calls.cancel(call, 'the soak changed its mind');
}

async function toolError({ name }: Member, soak: Soak): Promise<void> {
  const text = `no luck ${soak.random.whole(0, 1e6)}`;
  const result = await invoke(`${name}::fail`, { text }, soak);
  expectText(textIn(result), text);
  if (result.isError !== true) throw new Error('isError was lost');
}

async function unknownTool({ name }: Member, { calls }: Soak): Promise<void> {
  const result = await calls.call('invoke', { id: `${name}::ecko` });
  if (!refusal(result) || !textIn(result).includes('ecko')) throw new Error(JSON.stringify(result).slice(0, 300));
}

async function timeout({ name }: Member, { calls }: Soak): Promise<void> {
  const result = await calls.call('invoke', { id: `${name}::hang`, timeoutMs: 50 });
  if (!refusal(result)) throw new Error(`a call that never ends was answered ${textIn(result).slice(0, 200)}`);
  if (!/\b50 ms/.test(textIn(result))) failIfRefused(result);
}

async function job(member: Member, soak: Soak): Promise<void> {
  const { calls, random } = soak;
  const args = { n: random.whole(0, 1e9) };
  const id = `${member.name}::echo`;
  const priority = random.whole(-1, 1);
  const ticket = await calls.call('invoke_async', { id, args, priority, timeoutMs: JOB_TIMEOUT_MS });
  failIfRefused(ticket);
  const { jobId } = JSON.parse(textIn(ticket)) as { jobId: string };
  if (random.next() < 0.2) await calls.call('job_status', { jobId, cancel: true });
  const result = await endOf(jobId, soak);
  const { status, error } = JSON.parse(textIn(result)) as { status: string; error?: JsonObject };
  if (status === 'cancelled') return;
  if (status === 'failed') throw new Failure(error?.code, JSON.stringify(error ?? result));
  expectText(textIn(result, 1), JSON.stringify(args));
}

/** The last `job_status` of a job, once it has ended. */
async function endOf(jobId: string, { calls }: Soak): Promise<JsonObject> {
  const deadline = Date.now() + JOB_PATIENCE_MS;
  for (;;) {
    const result = await calls.call('job_status', { jobId, waitMs: JOB_WAIT_MS });
    const { status } = JSON.parse(textIn(result)) as { status: string };
    if (status !== 'queued' && status !== 'running') return result;
    if (Date.now() > deadline) throw new Error(`job ${jobId} is still ${status} after ${JOB_PATIENCE_MS} ms`);
  }
}

async function search({ name }: Member, { calls }: Soak): Promise<void> {
  const answer = await calls.call('search', { query: 'add two numbers', filters: { server: name } });
  const { results } = JSON.parse(textIn(answer)) as { results: { id: string }[] };
  if (!results.some(({ id }) => id === `${name}::add`))
    throw new Error(`search did not find ${name}::add in ${JSON.stringify(results).slice(0, 200)}`);
}

async function describe({ name }: Member, { calls }: Soak): Promise<void> {
  const answer = await calls.call('describe', { id: `${name}::add` });
  const { id, server } = JSON.parse(textIn(answer)) as JsonObject;
  if (id !== `${name}::add` || server !== name) throw new Error(textIn(answer).slice(0, 300));
}

const KINDS: readonly Kind[] = [
  { name: 'invoke', weight: 40, run: echo },
  { name: 'invoke large', weight: 6, run: large },
  { name: 'progress', weight: 8, run: progress },
  { name: 'cancel', weight: 6, run: cancel },
  { name: 'tool error', weight: 5, run: toolError },
  { name: 'unknown tool', weight: 3, run: unknownTool },
  { name: 'time-out', weight: 3, run: timeout },
  { name: 'job', weight: 12, run: job },
  { name: 'search', weight: 8, run: search },
  { name: 'describe', weight: 5, run: describe },
];
