import { performance } from 'node:perf_hooks';
import { localServer, type Server, startHttpServer } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { type Call, openWays, type Way } from '../participants.ts';
import { medians } from '../row.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { addedRatios, inTurn, median } from '../statistics.ts';

const WARM_UP_CALLS = 40;
/** Calls of one way in one round, in so many blocks between those of the others. */
const BLOCK_CALLS = 20;
const BLOCKS = 3;
const ARGS = { text: 'x'.repeat(100) };
const WAYS = ['direct', 'relay', 'ours'] as const;

/** What one call after the other takes longer through a gateway than without one, in the median. */
export const latency: readonly Scenario[] = [
  latencyOf('stdio', async () => localServer('server'), { earlier: 2.19, atMost: 1.5, moonshot: 1.2 }),
  latencyOf('http', (lab) => startHttpServer(lab, 'server'), { earlier: 5.75, atMost: 2.5, moonshot: 1.5 }),
];

function latencyOf(
  transport: 'stdio' | 'http',
  serverFor: (lab: Laboratory) => Promise<Server>,
  { earlier, atMost, moonshot }: { earlier: number; atMost: number; moonshot: number },
): Scenario {
  const behind = transport === 'stdio' ? 'a stdio server' : 'a Streamable HTTP server';
  return scenario({
    name: `latency-${transport}`,
    rounds: 10,
    async open(lab, build) {
      const { calls, stop } = await openWays(lab, build, await serverFor(lab));
      for (const way of WAYS) await timesOf(calls[way], WARM_UP_CALLS);
      return { round: () => medianTimes(calls, WAYS), close: stop };
    },
    rows: (rounds) => [
      {
        label: `added p50 of \`invoke\`, ${behind}, against what the relay adds`,
        unit: '×',
        values: addedRatios(rounds, 'ours', 'relay', 'direct'),
        earlier,
        goal: { atMost },
        moonshot,
        beside: medians(rounds, ' ms', ['ours', 'relay', 'direct']),
        compared: {
          unit: 'ms',
          values: rounds.map(({ ours, direct }) => ours - direct),
          control: rounds.map(({ relay, direct }) => relay - direct),
        },
      },
    ],
  });
}

/** The median ms of a call by each way, measured in turns. */
export async function medianTimes<Name extends string = Way>(
  calls: Readonly<Record<Name, Call>>,
  ways: readonly Name[],
): Promise<Record<Name, number>> {
  const times = new Map(ways.map((way) => [way, [] as number[]]));
  for (let block = 0; block < BLOCKS; block++) {
    for (const way of inTurn(ways, block)) times.get(way)?.push(...(await timesOf(calls[way], BLOCK_CALLS)));
  }
  return Object.fromEntries([...times].map(([way, each]) => [way, median(each)])) as Record<Name, number>;
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
