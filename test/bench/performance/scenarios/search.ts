import { performance } from 'node:perf_hooks';
import { makeQueries, SERVERS } from '../catalog.mjs';
import { fleet } from '../fleet.ts';
import { startGateway } from '../participants.ts';
import { rssMegabytes } from '../process-figures.ts';
import type { Row, Unit } from '../row.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';

const KEYS = SERVERS.slice(0, 10);
const TOOLS_EACH = 1000;
const QUERIES = makeQueries(KEYS, 120);
const LIMIT = 5;

/** Searches over 10,000 tools as the client sees them, from the moment that all servers answer; the very first is not counted. */
export const search: Scenario = {
  name: 'search',
  rounds: 3,
  async measure({ lab, repeat }) {
    const rounds = await repeat(async () => {
      const gateway = await startGateway(lab, 'ours', fleet(KEYS.length, TOOLS_EACH));
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
    });
    const row = (
      label: string,
      figure: keyof (typeof rounds)[number],
      unit: Unit,
      atMost: number,
      original: number,
    ): Row => {
      return { label, unit, values: rounds.map((round) => round[figure]), goal: { atMost }, original };
    };
    return [
      row('search over 10,000 tools, p50', 'p50', 'ms', 2, 6.6),
      row('search over 10,000 tools, p95', 'p95', 'ms', 6, 37),
      row('RSS with 10,000 tools', 'rss', 'MB', 130, 246),
    ];
  },
};
