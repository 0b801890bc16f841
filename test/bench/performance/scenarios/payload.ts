import { performance } from 'node:perf_hooks';
import { localServer } from '../fleet.ts';
import { type Call, openWays, textOf, type Ways } from '../participants.ts';
import { medians, type Row } from '../row.ts';
import type { Context, Scenario } from '../scenario.ts';
import { inTurn, ratios } from '../statistics.ts';

const SIZES = [
  { megabytes: 1, original: 1.5 },
  { megabytes: 10, original: 4.5 },
];

/** The time of one call with a large result. */
export const payload: Scenario = {
  name: 'payload',
  rounds: 9,
  async measure(context) {
    const { calls, stop } = await openWays(context.lab, localServer('server'));
    const rows = [];
    for (const size of SIZES) rows.push(await measureSize(context, calls, size));
    await stop();
    return rows;
  },
};

async function measureSize(
  { repeat }: Context,
  calls: Ways['calls'],
  { megabytes, original }: (typeof SIZES)[number],
): Promise<Row> {
  const rounds = await repeat(async (index) => {
    const times = { ours: NaN, relay: NaN, direct: NaN };
    for (const way of inTurn(['direct', 'relay', 'ours'] as const, index))
      times[way] = await timeOf(calls[way], megabytes * 1e6);
    return times;
  });
  return {
    label: `a result of ${megabytes} MB, against the relay`,
    unit: '×',
    values: ratios(rounds, 'ours', 'relay'),
    goal: { atMost: 1.3 },
    original,
    beside: medians(rounds, ' ms'),
  };
}

async function timeOf(call: Call, chars: number): Promise<number> {
  const start = performance.now();
  const text = textOf(await call('sized', { chars }));
  const durationMs = performance.now() - start;
  if (text.length !== chars) throw new Error(`${text.length} characters instead of ${chars}: ${text.slice(-300)}`);
  return durationMs;
}
