import { performance } from 'node:perf_hooks';
import { localServer, type Server, startHttpServer } from '../fleet.ts';
import { type Call, openWays } from '../participants.ts';
import { medians, type Row } from '../row.ts';
import type { Context, Scenario } from '../scenario.ts';
import { addedRatios, inTurn, median } from '../statistics.ts';

const WARM_UP_CALLS = 40;
/** Calls of one way in one round, in so many blocks between those of the others. */
const BLOCK_CALLS = 20;
const BLOCKS = 3;
const ARGS = { text: 'x'.repeat(100) };
const WAYS = ['direct', 'relay', 'ours'] as const;

/** What one call after the other takes longer through a gateway than without one, in the median. */
export const latency: Scenario = {
  name: 'latency',
  rounds: 10,
  async measure(context) {
    const stdio = await measureWays(context, localServer('server'));
    const http = await measureWays(context, await startHttpServer(context.lab, 'server'));
    return [
      {
        label: 'added p50 of `invoke`, against what the relay adds',
        goal: { atMost: 1.5 },
        original: 4.1,
        ...stdio,
      },
      { label: '… with a server behind Streamable HTTP', ...http },
    ];
  },
};

async function measureWays({ lab, repeat }: Context, server: Server): Promise<Pick<Row, 'unit' | 'values' | 'beside'>> {
  const { calls, stop } = await openWays(lab, server);
  for (const way of WAYS) await timesOf(calls[way], WARM_UP_CALLS);
  const rounds = await repeat(async () => {
    const times: Record<(typeof WAYS)[number], number[]> = { direct: [], relay: [], ours: [] };
    for (let block = 0; block < BLOCKS; block++) {
      for (const way of inTurn(WAYS, block)) times[way].push(...(await timesOf(calls[way], BLOCK_CALLS)));
    }
    return { ours: median(times.ours), relay: median(times.relay), direct: median(times.direct) };
  });
  await stop();
  return { unit: '×', values: addedRatios(rounds, 'ours', 'relay', 'direct'), beside: medians(rounds, ' ms') };
}

async function timesOf(call: Call, count: number): Promise<number[]> {
  const times = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await call('echo', ARGS);
    times.push(performance.now() - start);
  }
  return times;
}
