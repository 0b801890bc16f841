import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RpcCalls } from '../helpers/clients/rpc-calls.ts';
import { buildFixtures } from '../helpers/gateway/build.ts';
import { BIN, GatewayProcess } from '../helpers/gateway/gateway-process.ts';
import { openFilesOf, rssOf } from '../helpers/system/process-figures.ts';
import { descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';
import { type Faulty, inflictOne, writeConfig } from './faults.ts';
import { endFleet, type Member, startFleet } from './fleet.ts';
import { Random } from './random.ts';
import { Tally } from './tally.ts';
import { callOnce } from './traffic.ts';

const HELP = `npm run soak -- [options]: mixed traffic and faults against the built gateway, every answer checked

  --minutes <n>         how long (default 1)
  --seed <n>            which choices are made (default: by the clock; printed)
  --workers <n>         calls under way at one time (default 12)
  --fault-every <s>     seconds from one fault to the next, on average (default 2; 0: no faults)
  --every <s>           seconds from one line to the next (default 30)
  --rss-growth-mb <n>   how much the gateway may grow between 20 % of the time and the end (default 60)
  --help                this text

Exit code 1: a wrong answer, an unexpected failure, a process left behind, or more growth than that.
`;

interface Options {
  readonly durationMs: number;
  readonly seed: number;
  readonly workers: number;
  readonly faultEveryMs: number;
  readonly reportEveryMs: number;
  readonly maxGrowthMb: number;
}

const MB = 1_000_000;
const SAMPLE_MS = 500;
const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'soak', version: '1' } };

/** Runs the soak as the arguments say; resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const options = optionsIn(args);
  if (options === undefined) return print(HELP);
  print(`seed ${options.seed}, ${options.durationMs / 60_000} minutes, ${options.workers} workers`);
  await buildFixtures();
  const home = mkdtempSync(join(tmpdir(), 'mcp-gateway-soak-'));
  const members = await startFleet();
  const tally = new Tally((text) => print(`! ${text}`));
  try {
    const growthMb = await soak(options, { home, members, tally });
    print(`\n${tally.table()}\nRSS growth ${growthMb.toFixed(1)} MB (bound ${options.maxGrowthMb} MB)`);
    if (growthMb > options.maxGrowthMb) tally.complain('RSS grew beyond the bound');
  } finally {
    await endFleet(members);
    rmSync(home, { recursive: true, force: true });
  }
  print(tally.complaints.length === 0 ? 'sound' : `${tally.complaints.length} complaints, seed ${options.seed}`);
  return tally.complaints.length === 0 ? 0 : 1;
}

function optionsIn(args: readonly string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: text,
      seed: text,
      workers: text,
      'fault-every': text,
      every: text,
      'rss-growth-mb': text,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const number = (
    name: 'minutes' | 'seed' | 'workers' | 'fault-every' | 'every' | 'rss-growth-mb',
    fallback: number,
  ) => {
    const value = Number(values[name] ?? fallback);
    if (Number.isFinite(value)) return value;
    throw new Error(`--${name}: expected a number, found "${values[name]}"`);
  };
  return {
    durationMs: number('minutes', 1) * 60_000,
    seed: number('seed', Date.now() % 1_000_000),
    workers: number('workers', 12),
    faultEveryMs: number('fault-every', 2) * 1_000,
    reportEveryMs: number('every', 30) * 1_000,
    maxGrowthMb: number('rss-growth-mb', 60),
  };
}

interface Parts {
  readonly home: string;
  readonly members: readonly Member[];
  readonly tally: Tally;
}

/** From start to end; resolves with the growth of the gateway's memory, in MB. */
async function soak(options: Options, { home, members, tally }: Parts): Promise<number> {
  const configFile = join(home, 'config.json');
  writeConfig(members, configFile);
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: undefined, XDG_DATA_HOME: undefined };
  const gateway = new GatewayProcess([process.execPath, BIN, configFile], { cwd: home, env });
  const calls = new RpcCalls(gateway.peer);
  const whole: Faulty = { calls, members, tally, random: new Random(options.seed), gateway: gateway.pid, configFile };
  try {
    await calls.start('initialize', INITIALIZE).answer;
    gateway.peer.notify('notifications/initialized');
    await Promise.all(members.map((member) => firstAnswer(member, calls)));
    const samples = await traffic(options, whole, gateway);
    return growthOf(samples);
  } finally {
    await endGateway(gateway, tally);
  }
}

async function firstAnswer({ name }: Member, calls: RpcCalls): Promise<void> {
  const answered = async () => (await calls.invoke(`${name}::add`, { a: 1, b: 2 })).isError !== true;
  await waitUntil(answered, { timeoutMs: 60_000, what: `${name} answers for the first time` });
}

/** Traffic, faults and lines until the time is over and all calls have been answered; the samples of RSS, in MB. */
async function traffic(options: Options, whole: Faulty, gateway: GatewayProcess): Promise<number[]> {
  const startedAt = Date.now();
  const over = () => Date.now() - startedAt >= options.durationMs || gateway.exit !== undefined;
  const samples: number[] = [];
  const watching = watch(options, whole, gateway, { samples, over, startedAt });
  const faults = inflict(options, whole, over);
  await Promise.all([watching, ...Array.from({ length: options.workers }, () => work(whole, over))]);
  await faults;
  if (gateway.exit) whole.tally.complain(`the gateway ended: ${JSON.stringify(gateway.exit)}`);
  else if (whole.calls.pending > 0) whole.tally.complain(`${whole.calls.pending} requests were never answered`);
  return samples;
}

async function work(whole: Faulty, over: () => boolean): Promise<void> {
  while (!over()) {
    await callOnce(whole);
    await delay(whole.random.whole(0, 20));
  }
}

async function inflict({ faultEveryMs }: Options, whole: Faulty, over: () => boolean): Promise<void> {
  const running = new Set<Promise<void>>();
  while (faultEveryMs > 0 && !over()) {
    await delay(whole.random.whole(0, 2 * faultEveryMs));
    if (over()) break;
    const fault: Promise<void> = inflictOne(whole).finally(() => running.delete(fault));
    running.add(fault);
  }
  await Promise.all(running);
}

interface Watch {
  readonly samples: number[];
  readonly startedAt: number;
  readonly over: () => boolean;
}

async function watch(
  options: Options,
  { tally }: Faulty,
  gateway: GatewayProcess,
  { samples, startedAt, over }: Watch,
) {
  let nextLine = startedAt + options.reportEveryMs;
  while (!over()) {
    await delay(Math.min(SAMPLE_MS, options.durationMs / 20));
    if (gateway.exit) return;
    samples.push(rssOf(gateway.pid) / MB);
    if (Date.now() < nextLine) continue;
    nextLine += options.reportEveryMs;
    print(line(Date.now() - startedAt, tally, gateway));
    checkLog(gateway, tally);
  }
}

function line(elapsedMs: number, tally: Tally, { pid }: GatewayProcess): string {
  const { p50, p99 } = tally.recent();
  const parts = [
    `${Math.round(elapsedMs / 1_000)} s`,
    `${tally.total('right')} right`,
    `${tally.total('excused')} excused`,
    `${tally.total('unexpected') + tally.total('wrong')} unexpected`,
    `RSS ${Math.round(rssOf(pid) / MB)} MB`,
    `${descendants(pid).length} children`,
    `${openFilesOf(pid)} fds`,
    `p50 ${p50} ms`,
    `p99 ${p99} ms`,
  ];
  return parts.join('  ');
}

/** Defects of the gateway in its log, which is forgotten then. */
function checkLog({ logs, noise }: GatewayProcess, tally: Tally): void {
  const defects = logs.splice(0).map((entry) => JSON.stringify(entry));
  for (const entry of defects.filter((each) => /uncaught|unhandled|internal error|inside the gateway/.test(each)))
    tally.complain(`log: ${entry.slice(0, 600)}`);
  for (const text of noise.splice(0)) tally.complain(`stderr: ${text.slice(0, 300)}`);
}

async function endGateway(gateway: GatewayProcess, tally: Tally): Promise<void> {
  const exit = await gateway.stop().catch((error: Error) => error);
  if (exit instanceof Error || exit.code !== 0) tally.complain(`the gateway did not end well: ${String(exit)}`);
  const left = gateway.survivors();
  await expectDead(left).catch(() => tally.complain(`processes left behind: ${gateway.survivors().join(', ')}`));
  for (const pid of gateway.survivors()) process.kill(pid, 'SIGKILL');
  for (const text of gateway.peer.impure) tally.complain(`no JSON-RPC on stdout: ${text.slice(0, 300)}`);
  checkLog(gateway, tally);
}

/** How much the last tenth lies above what was there at 20 % of the time: medians, as garbage comes and goes. */
function growthOf(samples: readonly number[]): number {
  const part = (from: number, to: number) =>
    samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  return median(part(0.9, 1)) - median(part(0.15, 0.25));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function print(text: string): number {
  process.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}
