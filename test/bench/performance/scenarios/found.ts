import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fleet, fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { connectDirectly, type Gateway, startGateway } from '../participants.ts';
import { medians, type Row } from '../row.ts';
import type { Context, Scenario } from '../scenario.ts';
import { ratios } from '../statistics.ts';

const SIZES = [
  { servers: 10, goal: { atMost: 1.3 }, original: 2.5 },
  { servers: 30, goal: { atMost: 1.1 }, original: 1.5 },
];
const TOOLS_EACH = 10;
const POLL_MS = 10;

/** From a gateway's spawn until `search` finds a tool of each server, against connecting to all of them at once. */
export const found: Scenario = {
  name: 'found',
  rounds: 3,
  async measure(context) {
    const rows = [];
    for (const size of SIZES) rows.push(...(await measureSize(context, size)));
    return rows;
  },
};

async function measureSize(
  { lab, repeat }: Context,
  { servers, goal, original }: (typeof SIZES)[number],
): Promise<Row[]> {
  const all = fleet(servers, TOOLS_EACH);
  const rounds = await repeat(async () => {
    const folder = lab.folder();
    const direct = await connectToAll(lab, all);
    return { direct, ours: await findAll(lab, all, folder), again: await findAll(lab, all, folder) };
  });
  return [
    {
      label: `all tools of ${servers} servers found, against connecting directly`,
      unit: '×',
      values: ratios(rounds, 'ours', 'direct'),
      goal,
      original,
      beside: medians(rounds, ' ms', ['ours', 'direct']),
    },
    {
      label: '… with the remembered catalog',
      unit: '×',
      values: ratios(rounds, 'again', 'direct'),
      goal: { atMost: 0.2 },
      beside: medians(rounds, ' ms', ['again', 'direct']),
    },
  ];
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

async function findAll(lab: Laboratory, servers: Fleet, folder: string): Promise<number> {
  const gateway = await startGateway(lab, 'ours', servers, folder);
  for (const server of Object.keys(servers)) while (!(await isFound(gateway, server))) await delay(POLL_MS);
  const durationMs = performance.now() - gateway.spawnedAt;
  await gateway.stop();
  return durationMs;
}

async function isFound(gateway: Gateway, server: string): Promise<boolean> {
  const ids = await gateway.search(`lighthouse ${server}`, 10);
  return ids.includes(`${server}::lighthouse_${server}`);
}
