import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { type Entry, journal, local, type UpstreamOptions } from '../helpers/servers/fixture.ts';
import { commandOf, descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';

const HOST = fileURLToPath(new URL('../fixtures/host.mjs', import.meta.url));

/** The promise, in ms: after any end, nothing is left by then. */
const END_MS = 5_000;

/** A server as the background child of a shell, beside a process that ignores SIGTERM. */
function behindShell(options: UpstreamOptions): Entry {
  const [node, ...args] = local(options).command as string[];
  const script = 'exec 3<&0; (trap "" TERM HUP INT; exec sleep 1000) & "$@" <&3 & wait';
  return { type: 'local', command: ['sh', '-c', script, 'sh', node, ...args] };
}

/** Servers in every state in which an end can find them, with calls and jobs in flight. */
async function busyGateway(command?: [string, ...string[]]): Promise<Gateway> {
  const { file, events } = journal();
  const own = { journal: file, tools: ['hang', 'spawn_child'] };
  const config = {
    ready: local(own),
    starting: local({ journal: file, neverInitialize: true }),
    listing: local({ journal: file, listAfter: '/no/such/permission', ignoreSigterm: true }),
    retrying: local({ journal: file, exitAtStart: true }),
    stubborn: local({ ...own, ignoreSigterm: true }),
    deaf: local({ journal: file, ignoreSigterm: true, neverInitialize: true }),
    shell: behindShell(own),
    stubbornShell: behindShell({ ...own, ignoreSigterm: true }),
  };
  const gateway = await startGateway({ config, ...(command && { command }) });
  const servers = ['ready', 'stubborn', 'shell', 'stubbornShell'];
  for (const server of servers) {
    await gateway.invoke(`${server}::spawn_child`);
    gateway.invoke(`${server}::hang`).catch(() => {});
    await gateway.invokeAsync(`${server}::hang`);
  }
  const hanging = () => events('call').filter(({ tool }) => tool === 'hang').length;
  // Three jobs run at a time; the fourth waits in the queue.
  await waitUntil(() => hanging() === servers.length + 3 && events('initialize').length >= 7);
  return gateway;
}

/** Ways to end, each with a host's command where there is one in front of the gateway. */
const ENDINGS: Record<string, [(gateway: Gateway) => void, [string, ...string[]]?]> = {
  EOF: [(gateway) => gateway.process.endInput()],
  SIGINT: [(gateway) => process.kill(gateway.pid, 'SIGINT')],
  SIGTERM: [(gateway) => process.kill(gateway.pid, 'SIGTERM')],
  SIGHUP: [(gateway) => process.kill(gateway.pid, 'SIGHUP')],
  'SIGKILL of the gateway': [(gateway) => process.kill(gateway.pid, 'SIGKILL')],
  'SIGKILL of the host': [
    (gateway) => process.kill(gateway.pid, 'SIGKILL'),
    [process.execPath, HOST, process.execPath, BIN],
  ],
};

test.each(Object.entries(ENDINGS))('%s leaves no process [endings.nothing-left]', async (name, [end, command]) => {
  const gateway = await busyGateway(command);
  const before = gateway.process.survivors();
  expect(before.length).toBeGreaterThanOrEqual(16);
  end(gateway);
  await waitUntil(() => gateway.process.survivors().length === 0 && gateway.process.exit, {
    timeoutMs: END_MS,
    what: `nothing is left after ${name}`,
  });
});

const reaperOf = (gateway: Gateway) =>
  descendants(gateway.pid).filter((pid) => commandOf(pid).includes('mcp-gateway-reaper'));

test('the process that ends what a killed gateway leaves is one, replaced if it dies [endings.nothing-left]', async () => {
  const { file, events } = journal();
  const stubborn = local({ journal: file, ignoreSigterm: true });
  const gateway = await startGateway({ config: { a: stubborn, b: stubborn } });
  await Promise.all([gateway.knows('a::pid'), gateway.knows('b::pid')]);
  const [reaper, ...others] = reaperOf(gateway);
  expect(others).toEqual([]);
  process.kill(reaper as number, 'SIGKILL');
  gateway.writeConfig({ a: stubborn, c: { ...stubborn, start: 'eager' } });
  await waitUntil(() => events('start').length === 3, { what: 'c has started' });
  await waitUntil(() => reaperOf(gateway).length === 1, { what: 'there is a reaper again' });
  process.kill(gateway.pid, 'SIGKILL');
  await expectDead(
    events('start').map(({ pid }) => pid),
    END_MS,
  );
});
