import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../builds.ts';
import { type Fleet, fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { connectDirectly, type Gateway, startGateway } from '../participants.ts';
import { medians } from '../row.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { ratios } from '../statistics.ts';

interface Goals {
  readonly earlier: number;
  readonly atMost: number;
  readonly moonshot: number;
}

const TOOLS_EACH = 10;
const POLL_MS = 10;

/** From a gateway's spawn until `search` finds a tool of each server, against connecting to all of them at once. */
export const found: readonly Scenario[] = [
  foundOf(10, { earlier: 1.73, atMost: 1.35, moonshot: 1.2 }, { earlier: 0.89, atMost: 0.5, moonshot: 0.4 }),
  foundOf(30, { earlier: 1.41, atMost: 1.15, moonshot: 1.1 }, { earlier: 0.48, atMost: 0.25, moonshot: 0.2 }),
];

function foundOf(servers: number, first: Goals, remembered: Goals): Scenario {
  const all = fleet(servers, TOOLS_EACH);
  return scenario({
    name: `found-${servers}`,
    rounds: 3,
    open: (lab, build) => ({ round: () => measureOnce(lab, build, all) }),
    rows: (rounds) =>
      (['ours', 'again'] as const).map((name) => {
        const { earlier, atMost, moonshot } = name === 'ours' ? first : remembered;
        return {
          label: `all tools of ${servers} servers found${name === 'ours' ? ', against direct' : ' with the remembered catalog'}`,
          unit: '×',
          values: ratios(rounds, name, 'direct'),
          earlier,
          goal: { atMost },
          moonshot,
          beside: medians(rounds, ' ms', [name, 'direct']),
          compared: {
            unit: 'ms',
            values: rounds.map((round) => round[name]),
            control: rounds.map(({ direct }) => direct),
          },
        };
      }),
  });
}

async function measureOnce(lab: Laboratory, build: Build, servers: Fleet) {
  const folder = lab.folder();
  const direct = await connectToAll(lab, servers);
  const ours = await findAll(lab, build, servers, folder);
  return { direct, ours, again: await findAll(lab, build, servers, folder) };
}

async function connectToAll(lab: Laboratory, servers: Fleet): Promise<number> {
  const start = performance.now();
  const clients = await Promise.all(
    Object.values(servers).map(async (server) => {
      const client = await connectDirectly(lab, server);
      await client.peer.request('tools/list');
      return client;
    }),
  );
  const durationMs = performance.now() - start;
  await Promise.all(clients.map((client) => client.stop()));
  return durationMs;
}

async function findAll(lab: Laboratory, build: Build, servers: Fleet, folder: string): Promise<number> {
  const gateway = await startGateway(lab, build, servers, folder);
  for (const server of Object.keys(servers)) while (!(await isFound(gateway, server))) await delay(POLL_MS);
  const durationMs = performance.now() - gateway.spawnedAt;
  await gateway.stop();
  return durationMs;
}

async function isFound(gateway: Gateway, server: string): Promise<boolean> {
  const ids = await gateway.search(`lighthouse ${server}`, 10);
  return ids.includes(`${server}::lighthouse_${server}`);
}
