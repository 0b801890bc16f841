import { performance } from 'node:perf_hooks';
import type { Build } from '../builds.ts';
import { makeQueries, SERVERS } from '../catalog.mjs';
import { fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { startGateway } from '../participants.ts';
import { rssMegabytes } from '../process-figures.ts';
import { scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';

const KEYS = SERVERS.slice(0, 10);
const TOOLS_EACH = 1000;
const QUERIES = makeQueries(KEYS, 120);
const LIMIT = 5;

/** Searches over 10,000 tools as the client sees them, from the moment that all servers answer; the very first is not counted. */
export const search = scenario({
  name: 'search',
  rounds: 3,
  open: (lab, build) => ({ round: () => measureOnce(lab, build) }),
  rows: (rounds) => [
    {
      label: 'RSS idle, 10,000 tools',
      unit: 'MB',
      values: rounds.map(({ rss }) => rss),
      earlier: 114,
      goal: { atMost: 100 },
      moonshot: 90,
    },
    {
      label: 'search over 10,000 tools, p50',
      unit: 'ms',
      values: rounds.map(({ p50 }) => p50),
      earlier: 1.27,
      goal: { atMost: 1.2 },
    },
    {
      label: 'search over 10,000 tools, p95',
      unit: 'ms',
      values: rounds.map(({ p95 }) => p95),
      earlier: 8.6,
      goal: { atMost: 5 },
    },
  ],
});

async function measureOnce(lab: Laboratory, build: Build) {
  const gateway = await startGateway(lab, build, fleet(KEYS.length, TOOLS_EACH));
  await gateway.ready();
  await gateway.search('create a parcel', LIMIT);
  const times = [];
  for (const query of QUERIES) {
    const start = performance.now();
    await gateway.search(query, LIMIT);
    times.push(performance.now() - start);
  }
  const rss = rssMegabytes(gateway.pid);
  await gateway.stop();
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), rss };
}
