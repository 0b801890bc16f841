import { performance } from 'node:perf_hooks';
import { localServer } from '../fleet.ts';
import { type Call, openWays, textOf } from '../participants.ts';
import { medians } from '../row.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { inTurn, ratios } from '../statistics.ts';

const WAYS = ['direct', 'relay', 'ours'] as const;

/** The time of one call with a large result. */
export const payload: readonly Scenario[] = [payloadOf(1), payloadOf(10)];

function payloadOf(megabytes: number): Scenario {
  return scenario({
    name: `payload-${megabytes}`,
    rounds: 9,
    more: true,
    async open(lab, build) {
      const { calls, stop } = await openWays(lab, build, localServer('server'));
      const round = async (index: number) => {
        const times = { ours: NaN, relay: NaN, direct: NaN };
        for (const way of inTurn(WAYS, index)) times[way] = await timeOf(calls[way], megabytes * 1e6);
        return times;
      };
      return { round, close: stop };
    },
    rows: (rounds) => [
      {
        label: `a result of ${megabytes} MB, against the relay`,
        unit: '×',
        values: ratios(rounds, 'ours', 'relay'),
        goal: { atMost: 1.3 },
        beside: medians(rounds, ' ms'),
        compared: {
          unit: 'ms',
          values: rounds.map(({ ours }) => ours),
          control: rounds.map(({ relay }) => relay),
        },
      },
    ],
  });
}

async function timeOf(call: Call, chars: number): Promise<number> {
  const start = performance.now();
  const text = textOf(await call('sized', { chars }));
  const durationMs = performance.now() - start;
  if (text.length !== chars) throw new Error(`${text.length} characters instead of ${chars}: ${text.slice(-300)}`);
  return durationMs;
}
