import type { Build } from '../builds.ts';
import { localServer } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { connectDirectly, type Gateway, startGateway, startShared, through } from '../participants.ts';
import { medians } from '../row.ts';
import { scenario } from '../scenario.ts';
import { addedRatios, ratios } from '../statistics.ts';
import { medianTimes } from './latency.ts';

const WAYS = ['direct', 'plain', 'shared'] as const;
const FLEET = { server: localServer('server') };

/** A session of `--shared` whose daemon runs already, against a gateway of its own: until it is answered, and one call after the other. */
export const shared = scenario({
  name: 'shared',
  rounds: 10,
  async open(lab, build) {
    const home = lab.folder();
    // Its sessions keep the daemon running.
    const sharing = await startShared(lab, build, FLEET, home);
    const plain = await startGateway(lab, build, FLEET);
    const direct = await connectDirectly(lab, FLEET.server);
    await Promise.all([sharing.ready(), plain.ready()]);
    const calls = { direct: direct.call, plain: through(plain), shared: through(sharing) };
    await medianTimes(calls, WAYS);
    const round = async () => ({ start: await startBoth(lab, build, home), call: await medianTimes(calls, WAYS) });
    return { round, close: async () => void (await Promise.all([sharing, plain, direct].map((each) => each.stop()))) };
  },
  rows(rounds) {
    const [starts, calls] = [rounds.map(({ start }) => start), rounds.map(({ call }) => call)];
    return [
      {
        label: 'shared daemon: attach → `initialize`, against a plain start',
        unit: '×',
        values: ratios(starts, 'shared', 'plain'),
        goal: { atMost: 1.3 },
        beside: `earlier 77 ms; ${medians(starts, ' ms')}`,
        compared: { unit: 'ms', values: starts.map((each) => each.shared) },
      },
      {
        label: 'shared daemon: added p50 of `invoke`, against what a plain one adds',
        unit: '×',
        values: addedRatios(calls, 'shared', 'plain', 'direct'),
        goal: { atMost: 2 },
        beside: `earlier 0.33 ms; ${medians(calls, ' ms')}`,
        compared: { unit: 'ms', values: calls.map((each) => each.shared - each.direct) },
      },
    ];
  },
});

async function startBoth(lab: Laboratory, build: Build, home: string) {
  const stopped = async (gateway: Gateway) => {
    await gateway.stop();
    return gateway.initializeMs;
  };
  const attached = await stopped(await startShared(lab, build, FLEET, home));
  return { shared: attached, plain: await stopped(await startGateway(lab, build, FLEET)) };
}
