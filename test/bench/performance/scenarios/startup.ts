import { performance } from 'node:perf_hooks';
import type { Build } from '../builds.ts';
import { fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { startGateway, startRelay } from '../participants.ts';
import { medians } from '../row.ts';
import { scenario } from '../scenario.ts';
import { ratios } from '../statistics.ts';

const SERVERS = fleet(1, 10);

/** From a spawn to the answer to `initialize`, with one server; then in the same home, to the answer to a `search` sent right after it. */
export const startup = scenario({
  name: 'startup',
  rounds: 9,
  open: (lab, build) => ({ round: () => measureOnce(lab, build) }),
  rows(rounds) {
    const control = rounds.map(({ relay }) => relay);
    return [
      {
        label: 'spawn → `initialize`, against the relay',
        unit: '×',
        values: ratios(rounds, 'ours', 'relay'),
        earlier: 2.58,
        goal: { atMost: 1.6 },
        moonshot: 1.3,
        beside: medians(rounds, ' ms', ['ours', 'relay']),
        compared: { unit: 'ms', values: rounds.map(({ ours }) => ours), control },
      },
      {
        label: '… with the remembered catalog, first `search` answered',
        unit: '×',
        values: ratios(rounds, 'search', 'relay'),
        goal: { atMost: 2 },
        moonshot: 1.5,
        beside: medians(rounds, ' ms', ['search', 'relay']),
        compared: { unit: 'ms', values: rounds.map(({ search }) => search), control },
      },
    ];
  },
});

async function measureOnce(lab: Laboratory, build: Build) {
  const home = lab.folder();
  const first = await startGateway(lab, build, SERVERS, home);
  // A start that is cut off would remember nothing.
  await first.ready();
  await first.stop();
  const relay = await startRelay(lab, SERVERS);
  await relay.stop();
  const again = await startGateway(lab, build, SERVERS, home);
  await again.search('create an account', 5);
  const search = performance.now() - again.spawnedAt;
  await again.stop();
  return { ours: first.initializeMs, relay: relay.initializeMs, search };
}
