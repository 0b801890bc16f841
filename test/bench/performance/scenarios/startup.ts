import { fleet } from '../fleet.ts';
import type { Laboratory } from '../laboratory.ts';
import { type GatewayName, startGateway } from '../participants.ts';
import { medians } from '../row.ts';
import type { Scenario } from '../scenario.ts';
import { ratios } from '../statistics.ts';

const SERVERS = fleet(1, 10);

/** From a gateway's spawn to its answer to `initialize`, with one server: for the first time, and again in the same home. */
export const startup: Scenario = {
  name: 'startup',
  rounds: 9,
  async measure({ lab, repeat }) {
    const rounds = await repeat(async () => {
      const home = lab.folder();
      const ours = await start(lab, 'ours', home);
      const relay = await start(lab, 'relay', lab.folder());
      return { ours, again: await start(lab, 'ours', home), relay };
    });
    const goal = { atMost: 2 };
    return [
      {
        label: 'spawn → `initialize`, against the relay',
        unit: '×',
        values: ratios(rounds, 'ours', 'relay'),
        goal,
        original: 3.6,
        beside: medians(rounds, ' ms', ['ours', 'relay']),
      },
      {
        label: '… with the remembered catalog',
        unit: '×',
        values: ratios(rounds, 'again', 'relay'),
        goal,
        beside: medians(rounds, ' ms', ['again', 'relay']),
      },
    ];
  },
};

async function start(lab: Laboratory, name: GatewayName, home: string): Promise<number> {
  const gateway = await startGateway(lab, name, SERVERS, home);
  // A start that is cut off would remember nothing.
  await gateway.ready();
  await gateway.stop();
  return gateway.initializeMs;
}
