import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../builds.ts';
import { fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { startGateway } from '../participants.ts';
import { wakeUps } from '../process-figures.ts';
import { medians } from '../row.ts';
import { scenario } from '../scenario.ts';

const SERVERS = fleet(10, 20);
/** How long a gateway is left alone after its servers are ready, and how long it is then watched. */
const SETTLE_MS = 4000;
const WATCH_MS = 3000;
const IDLE_NODE = [process.execPath, '--eval', 'process.stdin.resume()'];

/** How often an idle gateway with ten servers is woken, beyond an idle Node. */
export const wakeUpsOfAnIdle = scenario({
  name: 'wake-ups',
  rounds: 3,
  more: true,
  open: (lab, build) => ({ round: () => measureOnce(lab, build) }),
  rows: (rounds) => [
    {
      label: 'idle wake-ups, beyond those of an idle Node',
      unit: '/s',
      values: rounds.map(({ ours, node }) => ours - node),
      goal: { atMost: 0 },
      beside: medians(rounds, '/s'),
      compared: { unit: '/s', values: rounds.map(({ ours }) => ours), control: rounds.map(({ node }) => node) },
    },
  ],
});

async function measureOnce(lab: Laboratory, build: Build) {
  const node = lab.start(IDLE_NODE);
  const ours = await startGateway(lab, build, SERVERS);
  await ours.ready();
  await delay(SETTLE_MS);
  const before = { ours: wakeUps(ours.pid), node: wakeUps(node.pid) };
  const start = performance.now();
  await delay(WATCH_MS);
  const seconds = (performance.now() - start) / 1000;
  const perSecond = {
    ours: (wakeUps(ours.pid) - before.ours) / seconds,
    node: (wakeUps(node.pid) - before.node) / seconds,
  };
  await Promise.all([ours.stop(), node.stop()]);
  return perSecond;
}
