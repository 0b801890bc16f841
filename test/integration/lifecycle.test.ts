import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import type { Ending } from '../helpers/gateway/gateway-process.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { descendants, expectDead, waitUntil } from '../helpers/system/processes.ts';

const ENDINGS: Ending[] = ['eof', 'SIGINT', 'SIGTERM'];

/** The same server as the child of a shell, as `npx` would have it. */
function behindShell(entry: ReturnType<typeof local>) {
  const [node, ...args] = entry.command as string[];
  return { ...entry, command: ['sh', '-c', '"$@"; echo ended >&2', 'sh', node, ...args] };
}

const pidOf = async (gateway: Gateway, id: string) => Number(textOf(await gateway.invoke(id)));

test.each(ENDINGS)(
  '%s ends it and everything below it [life.eof, life.sigint, life.sigterm, life.within-5s]',
  async (ending) => {
    const gateway = await startGateway({
      config: { a: local(), b: local({ sdk: 'v2' }), never: local({ neverInitialize: true }) },
    });
    await pidOf(gateway, 'a::pid');
    const pids = descendants(gateway.pid);
    // Three servers, and the process that would end them were the gateway killed.
    expect(pids).toHaveLength(4);
    const exit = await gateway.stop(ending);
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.durationMs).toBeLessThan(5_000);
    await expectDead(pids, 1_000);
  },
);

test.each(ENDINGS)(
  '%s: stubborn servers die with their process groups [life.process-groups, life.within-5s]',
  async (ending) => {
    const stubborn = local({ ignoreSigterm: true });
    const gateway = await startGateway({ config: { bare: stubborn, shell: behindShell(stubborn) } });
    const pids = [
      await pidOf(gateway, 'bare::spawn_child'),
      await pidOf(gateway, 'shell::spawn_child'),
      await pidOf(gateway, 'shell::pid'),
      ...descendants(gateway.pid),
    ];
    expect((await gateway.stop(ending)).durationMs).toBeLessThan(5_000);
    await expectDead(pids, 1_000);
  },
);

test('a well-behaved server may end by itself [life.process-groups]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await pidOf(gateway, 'u::pid');
  await gateway.stop();
  expect(events('exit')).toMatchObject([{ code: 0 }]);
});

test('jobs and calls in flight are settled at the end [life.jobs]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  await gateway.invokeAsync('u::sleep', { ms: 60_000 });
  gateway.invoke('u::hang').catch(() => {});
  await waitUntil(() => events('call').length === 2);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  expect(events('exit')).toHaveLength(1);
});

test('it ends while servers are still starting [life.eof]', async () => {
  const { file, events } = journal();
  const config = { u: local({ journal: file, initDelayMs: 30_000 }), v: local({ exitAtStart: true }) };
  const gateway = await startGateway({ config });
  await waitUntil(() => events('initialize').length === 1);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});

test('it ends while servers are still listing, stubborn ones too [life.eof, life.within-5s]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({
    config: { u: local({ journal: file, listDelayMs: 30_000, ignoreSigterm: true }) },
  });
  await waitUntil(() => events('list').length === 1);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  await expectDead(gateway.process.survivors(), 1_000);
});

test('a second signal does no harm [life.sigterm]', async () => {
  const gateway = await startGateway({ config: { u: local({ ignoreSigterm: true }) } });
  await pidOf(gateway, 'u::pid');
  process.kill(gateway.pid, 'SIGTERM');
  process.kill(gateway.pid, 'SIGINT');
  const exit = await gateway.stop('SIGTERM');
  expect(exit.durationMs).toBeLessThan(5_000);
  await expectDead(gateway.process.survivors());
});

test('initialize and tools/list are answered while no server is up [life.initialize-first]', async () => {
  const { file, events } = journal();
  const gateway = launchGateway({ config: { u: local({ journal: file, neverInitialize: true }) } });
  const { peer } = gateway.process;
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'eager', version: '1' } };
  const first = peer.request('initialize', params);
  const second = peer.request('tools/list');
  expect((await first).result).toMatchObject({ protocolVersion: '2025-06-18', serverInfo: { name: 'mcp-gateway' } });
  expect((await second).result?.tools).toHaveLength(5);
  await waitUntil(() => events('start').length === 1);
});

test.each(['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
  'it speaks %s [package.sdk]',
  async (protocolVersion) => {
    const { peer } = launchGateway({ config: {} }).process;
    const response = await peer.request('initialize', {
      protocolVersion,
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    });
    expect(response.result).toMatchObject({ protocolVersion });
  },
);

test('lines that are no JSON-RPC are answered or ignored, and the session lives on [life.stdout]', async () => {
  const gateway = await startGateway({ config: { u: local({ sdk: 'raw' }) }, sdk: 'raw' });
  for (const line of ['', 'hello', '{"jsonrpc":', '[]', '42', 'null', '{"jsonrpc":"1.0","id":7}'])
    gateway.process.peer.send(line);
  await gateway.invoke('u::raw_garbage');
  expect(textOf(await gateway.invoke('u::echo', { n: 1 }))).toBe('{"n":1}');
  expect(gateway.process.peer.impure).toEqual([]);
});

test('the log is JSON lines that never show a secret [log.json, log.secrets]', async () => {
  const secret = 'hunter2-hunter2';
  const config = {
    $gateway: { logLevel: 'debug' },
    u: local({}, { environment: { TOKEN: '{env:SECRET}', PLAIN: secret } }),
    far: { type: 'remote', url: `http://127.0.0.1:9/mcp?key=${secret}`, headers: { Authorization: secret } },
    wrong: { type: 'remote', url: secret, headers: { Authorization: [secret] } },
  };
  const gateway = await startGateway({ config, env: { SECRET: secret } });
  expect(textOf(await gateway.invoke('u::env', { name: 'TOKEN' }))).toBe(secret);
  await waitUntil(async () => JSON.stringify(await gateway.search('echo')).includes('"far"'));
  expect(JSON.stringify(await gateway.search('echo'))).not.toContain(secret);
  await gateway.stop();
  expect(gateway.process.noise).toEqual([]);
  expect(gateway.logs.length).toBeGreaterThan(0);
  expect(gateway.process.tail()).not.toContain(secret);
});
