import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { descendants, waitUntil } from '../../helpers/system/processes.ts';
import type { Laboratory, Subject } from '../performance/laboratory.ts';
import { StdioPeer } from '../performance/peer.ts';
import { cpuMs, rssMegabytes } from '../performance/process-figures.ts';
import { quantile } from '../performance/statistics.ts';
import type { Participant } from './participants.ts';

const GENERATOR = join(dirname(resolve(process.argv[1] ?? '')), 'http/generator.mjs');
const START_LIMIT_MS = 30_000;

/** What one participant did in one window. CPU and memory are of its processes together, its upstream's included. */
export interface Window {
  readonly rate: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly cpuMsPerCall: number;
  readonly megabytes: number;
}

/** A participant that runs and has sessions open. */
export interface Contestant {
  readonly participant: Participant;
  /** So many calls, so many of them always on their way. */
  run(inFlight: number, calls: number): Promise<Window>;
  stop(): Promise<void>;
}

/** The load as a process of its own, which all participants share. */
export function startGenerator(lab: Laboratory): StdioPeer {
  const { child } = lab.start([process.execPath, GENERATOR]);
  return new StdioPeer(child.stdin, child.stdout);
}

/** Starts a participant and opens sessions with it; rejects, with what it wrote, when it does not answer in 30 s. */
export async function enter(
  lab: Laboratory,
  generator: StdioPeer,
  participant: Participant,
  sessions: number,
): Promise<Contestant> {
  const { name, way, command } = participant;
  const [folder, port] = [lab.folder(), await freePort()];
  const subject = lab.start(command(port, folder), folder);
  subject.child.stdout.resume();
  const target = { url: `http://127.0.0.1:${port}/mcp`, ...way };
  await opened(() => generator.request('open', { name, sessions, target }), subject).catch((cause) => {
    throw new Error(`${name}: ${cause.message}; ${subject.complaints()}`, { cause });
  });
  return {
    participant,
    run: (inFlight, calls) => measured(generator, participant, subject, inFlight, calls),
    stop: async () => {
      await generator.request('close', { name });
      subject.child.kill('SIGTERM');
      await subject.stop();
    },
  };
}

async function measured(
  generator: StdioPeer,
  { name }: Participant,
  { pid }: Subject,
  inFlight: number,
  calls: number,
): Promise<Window> {
  const processes = [pid, ...descendants(pid)];
  const cpu = () => processes.reduce((sum, each) => sum + cpuMs(each), 0);
  const before = cpu();
  const { seconds, latenciesMs } = windowOf(await generator.request('run', { name, inFlight, calls }));
  const at = (share: number) => quantile(latenciesMs, share);
  return {
    rate: calls / seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    cpuMsPerCall: (cpu() - before) / calls,
    megabytes: processes.reduce((sum, each) => sum + rssMegabytes(each), 0),
  };
}

/** The generator is ours: its answers need no check. */
const windowOf = (result: object) => result as { readonly seconds: number; readonly latenciesMs: readonly number[] };

async function opened(open: () => Promise<unknown>, { child }: Subject): Promise<void> {
  let reason = '';
  const tried = async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const failed = await open().then(
      () => undefined,
      ({ message }: Error) => message,
    );
    reason = failed ?? reason;
    return failed === undefined;
  };
  await waitUntil(tried, { timeoutMs: START_LIMIT_MS, what: 'it answers' }).catch(({ message }: Error) => {
    throw new Error(`${message}; ${reason}`);
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : Number.NaN;
}
