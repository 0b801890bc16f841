import { performance } from 'node:perf_hooks';
import { localServer } from '../fleet.ts';
import { type Call, openWays, type Ways } from '../participants.ts';
import { medians, type Row } from '../row.ts';
import type { Context, Scenario } from '../scenario.ts';
import { inTurn, ratios } from '../statistics.ts';

/** Each way is measured for so long in a round, in so many windows between those of the others. */
const WINDOW_MS = 100;
const WINDOWS = 4;
const ARGS = { text: 'hello' };
const WAYS = ['direct', 'relay', 'ours'] as const;
const WIDTHS = [
  { inFlight: 8, original: 0.21 },
  { inFlight: 64, original: 0.24 },
];

/** Calls per second while so many are always on their way. */
export const throughput: Scenario = {
  name: 'throughput',
  rounds: 6,
  async measure(context) {
    const { calls, stop } = await openWays(context.lab, localServer('server'));
    const rows = [];
    for (const width of WIDTHS) rows.push(await measureWidth(context, calls, width));
    await stop();
    return rows;
  },
};

async function measureWidth(
  { repeat }: Context,
  calls: Ways['calls'],
  { inFlight, original }: (typeof WIDTHS)[number],
): Promise<Row> {
  const rounds = await repeat(async () => {
    const rates = { ours: 0, relay: 0, direct: 0 };
    for (let window = 0; window < WINDOWS; window++) {
      for (const way of inTurn(WAYS, window)) rates[way] += (await rateOf(calls[way], inFlight)) / WINDOWS;
    }
    return rates;
  });
  return {
    label: `throughput with ${inFlight} in flight, against the relay`,
    unit: '×',
    values: ratios(rounds, 'ours', 'relay'),
    goal: { atLeast: 0.6 },
    original,
    beside: medians(rounds, '/s'),
  };
}

async function rateOf(call: Call, inFlight: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  const callOn = async () => {
    for (; performance.now() < start + WINDOW_MS; done++) await call('echo', ARGS);
  };
  await Promise.all(Array.from({ length: inFlight }, callOn));
  return (done * 1000) / (performance.now() - start);
}
