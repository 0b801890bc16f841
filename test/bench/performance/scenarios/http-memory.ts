import { setTimeout as delay } from 'node:timers/promises';
import { startHttpServer } from '../fleet.ts';
import { startGateway } from '../participants.ts';
import { rssMegabytes } from '../process-figures.ts';
import { scenario } from '../scenario.ts';
import { load } from './load.ts';

const LOAD = { calls: 20_000, inFlight: 16, chars: 100 };
const REST_MS = 1000;

/** Memory of a gateway that has called a Streamable HTTP server often; Linux counts it for us. */
export const httpMemory = scenario({
  name: 'http-memory',
  rounds: 3,
  async open(lab, build) {
    const server = await startHttpServer(lab, 'server');
    const round = async () => {
      const gateway = await startGateway(lab, build, { server });
      await gateway.ready();
      await load(gateway, ['server'], LOAD);
      await delay(REST_MS);
      const rss = rssMegabytes(gateway.pid);
      await gateway.stop();
      return rss;
    };
    return { round };
  },
  rows: (values) => [
    {
      label: `RSS after ${LOAD.calls.toLocaleString('en')} calls to an HTTP server`,
      unit: 'MB',
      values,
      earlier: 157,
      goal: { atMost: 100 },
      moonshot: 80,
    },
  ],
});
