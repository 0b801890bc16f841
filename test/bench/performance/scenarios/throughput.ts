import { performance } from 'node:perf_hooks';
import { localServer } from '../fleet.ts';
import { type Call, openWays } from '../participants.ts';
import { medians } from '../row.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { inTurn, ratios } from '../statistics.ts';

/** Each way is measured for so long in a round, in so many windows between those of the others. */
const WINDOW_MS = 100;
const WINDOWS = 4;
const ARGS = { text: 'hello' };
const WAYS = ['direct', 'relay', 'ours'] as const;

/** Calls per second while so many are always on their way. */
export const throughput: readonly Scenario[] = [
  throughputOf(8, { earlier: 0.54, atLeast: 0.7 }),
  throughputOf(64, { earlier: 0.69, atLeast: 0.8 }),
];

function throughputOf(inFlight: number, { earlier, atLeast }: { earlier: number; atLeast: number }): Scenario {
  return scenario({
    name: `throughput-${inFlight}`,
    rounds: 6,
    async open(lab, build) {
      const { calls, stop } = await openWays(lab, build, localServer('server'));
      const round = async () => {
        const rates = { ours: 0, relay: 0, direct: 0 };
        for (let window = 0; window < WINDOWS; window++) {
          for (const way of inTurn(WAYS, window)) rates[way] += (await rateOf(calls[way], inFlight)) / WINDOWS;
        }
        return rates;
      };
      return { round, close: stop };
    },
    rows: (rounds) => [
      {
        label: `throughput with ${inFlight} in flight, against the relay`,
        unit: '×',
        values: ratios(rounds, 'ours', 'relay'),
        earlier,
        goal: { atLeast },
        moonshot: 0.9,
        beside: medians(rounds, '/s'),
        compared: {
          unit: '/s',
          values: rounds.map(({ ours }) => ours),
          control: rounds.map(({ relay }) => relay),
        },
      },
    ],
  });
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
