import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { SERVERS } from '../catalog.mjs';
import { fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { type Gateway, startGateway } from '../participants.ts';
import { cpuMs, rssMegabytes, wakeUps } from '../process-figures.ts';
import { medians, type Row } from '../row.ts';
import type { Scenario } from '../scenario.ts';
import { inTurn, ratios } from '../statistics.ts';

const KEYS = SERVERS.slice(0, 10);
const TOOLS_EACH = 20;
/**
 * How long a gateway is left alone after its servers are ready (what they list is written down a second later, once), how
 * long it is then watched, and how long it rests after work.
 */
const SETTLE_MS = 4000;
const IDLE_MS = 3000;
const REST_MS = 1000;
const CALLS = 3000;
const IN_FLIGHT = 16;
const ARGS = { text: 'x'.repeat(2000) };
const IDLE_NODE = [process.execPath, '--eval', 'process.stdin.resume()'];

/** Memory, wake-ups and CPU time of the process that stands before ten servers; Linux counts them for us. */
export const resources: Scenario = {
  name: 'resources',
  rounds: 3,
  measure: async ({ lab, repeat }) => rowsOf(await repeat((index) => measureOnce(lab, index))),
};

type Figures = Awaited<ReturnType<typeof measureOnce>>;

async function measureOnce(lab: Laboratory, index: number) {
  const node = lab.start(IDLE_NODE);
  const ours = await startGateway(lab, 'ours', fleet(KEYS.length, TOOLS_EACH));
  const relay = await startGateway(lab, 'relay', fleet(KEYS.length, TOOLS_EACH));
  await Promise.all([ours.ready(), relay.ready()]);
  const atRest = await watchIdle({ ours, relay, node });
  const cpu = { ours: NaN, relay: NaN };
  for (const name of inTurn(['relay', 'ours'] as const, index)) cpu[name] = await work({ ours, relay }[name]);
  await delay(REST_MS);
  const loaded = { ours: rssMegabytes(ours.pid), relay: rssMegabytes(relay.pid), node: rssMegabytes(node.pid) };
  await Promise.all([ours.stop(), relay.stop(), node.stop()]);
  return { ...atRest, cpu, loaded };
}

function rowsOf(rounds: readonly Figures[]): Row[] {
  const idle = rounds.map((round) => round.idle);
  const loaded = rounds.map((round) => round.loaded);
  const cpu = rounds.map((round) => round.cpu);
  const woken = rounds.map((round) => round.woken);
  const ours = (figures: readonly Trio<number>[]) => figures.map((figure) => figure.ours);
  return [
    {
      label: 'RSS, idle with 10 servers',
      unit: 'MB',
      values: ours(idle),
      goal: { atMost: 65 },
      original: 83,
      beside: medians(idle, ' MB'),
    },
    {
      label: `RSS after ${CALLS} calls, ${IN_FLIGHT} in flight`,
      unit: 'MB',
      values: ours(loaded),
      goal: { atMost: 85 },
      original: 123,
      beside: medians(loaded, ' MB'),
    },
    {
      label: 'CPU per call, against the relay',
      unit: '×',
      values: ratios(cpu, 'ours', 'relay'),
      goal: { atMost: 1.7 },
      original: 2.8,
      beside: medians(cpu, ' ms'),
    },
    {
      label: 'idle wake-ups, beyond those of an idle Node',
      unit: '/s',
      values: woken.map((figure) => figure.ours - figure.node),
      goal: { atMost: 0 },
      original: 0,
      beside: medians(woken, '/s'),
    },
  ];
}

type Trio<T> = Readonly<Record<'ours' | 'relay' | 'node', T>>;

async function watchIdle({ ours, relay, node }: Trio<{ readonly pid: number }>) {
  await delay(SETTLE_MS);
  const each = (figure: (pid: number) => number): Trio<number> => {
    return { ours: figure(ours.pid), relay: figure(relay.pid), node: figure(node.pid) };
  };
  const before = each(wakeUps);
  const start = performance.now();
  const idle = each(rssMegabytes);
  await delay(IDLE_MS);
  const after = each(wakeUps);
  const seconds = (performance.now() - start) / 1000;
  const perSecond = (name: keyof Trio<number>) => (after[name] - before[name]) / seconds;
  return { idle, woken: { ours: perSecond('ours'), relay: perSecond('relay'), node: perSecond('node') } };
}

/** CPU ms of a gateway per call. */
async function work({ pid, invoke }: Gateway): Promise<number> {
  const before = cpuMs(pid);
  let begun = 0;
  const callOn = async () => {
    while (begun < CALLS) await invoke(KEYS[begun++ % KEYS.length] ?? '', 'echo', ARGS);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, callOn));
  return (cpuMs(pid) - before) / CALLS;
}
