import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { RpcCalls } from '../helpers/clients/rpc-calls.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { type Entry, local, remote } from '../helpers/servers/fixture.ts';
import { rssOf } from '../helpers/system/process-figures.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const LONG_MS = 180_000;
const AT_ONCE = 20;
/** Calls until all code is compiled and all caches are filled. */
const WARM_UP = 1_500;
/** Less than a leak of 1 KB a call, and more than what comes and goes. */
const LIVE_BYTES_PER_CALL = 768;
/** What garbage, code and buffers may come and go by, in bytes. */
const RSS_SLACK = 40_000_000;

/**
 * Loaded into the gateway's process: on SIGUSR2 it collects garbage until nothing more goes, and writes what is left to the
 * log. What a fetch leaves goes in several rounds: bodies are finalized by one, and what they held by the next.
 */
const PROBE = `process.on('SIGUSR2', async () => {
  let left = Infinity;
  for (let same = 0, n = 0; same < 4 && n < 60; n++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { heapUsed, external } = process.memoryUsage();
    same = heapUsed + external < left - 20_000 ? 0 : same + 1;
    left = Math.min(left, heapUsed + external);
  }
  process.stderr.write(JSON.stringify({ liveBytes: left }) + '\\n');
});`;

/** Memory of the gateway in use after a garbage collection, and in RAM, in bytes. */
async function memoryOf({ process: { pid, logs } }: Gateway): Promise<{ live: number; rss: number }> {
  const before = logs.length;
  process.kill(pid, 'SIGUSR2');
  const line = await waitUntil(() => logs.slice(before).find(({ liveBytes }) => liveBytes !== undefined));
  return { live: Number(line.liveBytes), rss: rssOf(pid) };
}

/** So many calls, some at a time, each checked. */
async function callMany(count: number, calls: RpcCalls): Promise<void> {
  const text = 'x'.repeat(1_000);
  let next = 0;
  const callOn = async () => {
    while (next < count) {
      const n = next++;
      const answer = textOf(await calls.invoke('u::echo', { n, text }));
      if (answer !== JSON.stringify({ n, text })) throw new Error(`call ${n} was answered ${answer.slice(0, 100)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, callOn));
}

async function growthOver(count: number, entry: Entry): Promise<{ live: number; rss: number }> {
  const command = [
    process.execPath,
    '--expose-gc',
    '--import',
    `data:text/javascript,${encodeURIComponent(PROBE)}`,
    BIN,
  ];
  const gateway = await startGateway({ config: { u: entry }, sdk: 'raw', command: command as [string, ...string[]] });
  await gateway.knows('u::echo');
  const calls = new RpcCalls(gateway.process.peer);
  await callMany(WARM_UP, calls);
  const before = await memoryOf(gateway);
  await callMany(count, calls);
  const after = await memoryOf(gateway);
  return { live: after.live - before.live, rss: after.rss - before.rss };
}

test('memory stays flat over thousands of calls over stdio [load.flat]', { timeout: LONG_MS }, async () => {
  const calls = 6_000;
  const growth = await growthOver(calls, local({ sdk: 'raw' }));
  expect(growth.live).toBeLessThan(calls * LIVE_BYTES_PER_CALL);
  expect(growth.rss).toBeLessThan(RSS_SLACK);
});

test.each(['http', 'sse', 'ws'] as const)(
  'memory stays flat over thousands of calls over %s [load.flat]',
  { timeout: LONG_MS },
  async (transport) => {
    const calls = 4_000;
    const growth = await growthOver(calls, (await remote(transport, {})).entry());
    expect(growth.live).toBeLessThan(calls * LIVE_BYTES_PER_CALL);
    expect(growth.rss).toBeLessThan(RSS_SLACK);
  },
);
