import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../builds.ts';
import { SERVERS } from '../catalog.mjs';
import { fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { type Gateway, startGateway, startRelay } from '../participants.ts';
import { cpuMs, rssMegabytes } from '../process-figures.ts';
import { medians } from '../row.ts';
import { scenario } from '../scenario.ts';
import { inTurn, ratios } from '../statistics.ts';
import { load } from './load.ts';

const KEYS = SERVERS.slice(0, 10);
const TOOLS_EACH = 20;
/** How long a gateway is left alone after its servers are ready: what they list is written down a second later, once. */
const SETTLE_MS = 4000;
const LOAD = { calls: 3000, inFlight: 16, chars: 2000 };

/** Memory and CPU time of the process that stands before ten servers; Linux counts them for us. */
export const resources = scenario({
  name: 'resources',
  rounds: 4,
  open: (lab, build) => ({ round: (index) => measureOnce(lab, build, index) }),
  rows(rounds) {
    const [idle, cpu] = [rounds.map((round) => round.idle), rounds.map((round) => round.cpu)];
    return [
      {
        label: 'CPU per call, against the relay',
        unit: '×',
        values: ratios(cpu, 'ours', 'relay'),
        earlier: 3,
        goal: { atMost: 1.7 },
        moonshot: 1.4,
        beside: medians(cpu, ' ms'),
        compared: { unit: 'ms', values: cpu.map(({ ours }) => ours), control: cpu.map(({ relay }) => relay) },
      },
      {
        label: 'RSS idle, 10 servers',
        unit: 'MB',
        values: idle.map(({ ours }) => ours),
        earlier: 67,
        goal: { atMost: 58 },
        moonshot: 52,
        beside: medians(idle, ' MB'),
        compared: { unit: 'MB', values: idle.map(({ ours }) => ours), control: idle.map(({ relay }) => relay) },
      },
    ];
  },
});

async function measureOnce(lab: Laboratory, build: Build, index: number) {
  const ours = await startGateway(lab, build, fleet(KEYS.length, TOOLS_EACH));
  const relay = await startRelay(lab, fleet(KEYS.length, TOOLS_EACH));
  await Promise.all([ours.ready(), relay.ready()]);
  await delay(SETTLE_MS);
  const idle = { ours: rssMegabytes(ours.pid), relay: rssMegabytes(relay.pid) };
  const cpu = { ours: NaN, relay: NaN };
  for (const name of inTurn(['relay', 'ours'] as const, index)) cpu[name] = await costOf({ ours, relay }[name]);
  await Promise.all([ours.stop(), relay.stop()]);
  return { idle, cpu };
}

/** CPU ms of a gateway per call. */
async function costOf(gateway: Gateway): Promise<number> {
  const before = cpuMs(gateway.pid);
  await load(gateway, KEYS, LOAD);
  return (cpuMs(gateway.pid) - before) / LOAD.calls;
}
