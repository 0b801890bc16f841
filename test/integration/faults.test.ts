import { expect, test } from 'vitest';
import { blocks, errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('slow and dead servers block neither initialize nor another server [upstream.parallel, life.initialize-first]', async () => {
  const config = {
    dead: local({ exitAtStart: true }),
    none: { type: 'local', command: ['no-such-program-anywhere'] },
    never: local({ neverInitialize: true }),
    nobody: { type: 'remote', url: 'http://127.0.0.1:9/mcp' },
    good: local(),
  };
  const gateway = await startGateway({ config });
  expect(await gateway.client.listTools()).toHaveLength(5);
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
});

test('a child inherits the environment and its own, and runs in its cwd [upstream.environment, upstream.cwd]', async () => {
  const cwd = temporaryDirectory();
  const entry = local({}, { cwd, environment: { OWN: 'own', SHARED: 'entry' } });
  const gateway = await startGateway({ config: { u: entry }, env: { INHERITED: 'yes', SHARED: 'gateway' } });
  const variable = async (name: string) => textOf(await gateway.invoke('u::env', { name }));
  expect(await variable('INHERITED')).toBe('yes');
  expect(await variable('OWN')).toBe('own');
  expect(await variable('SHARED')).toBe('entry');
  expect(textOf(await gateway.invoke('u::cwd'))).toBe(cwd);
});

test('a flood on stderr blocks nothing and is shown at debug level [upstream.stderr, log.level, log.json]', async () => {
  const settings = (logLevel: string) => ({ $gateway: { logLevel }, chatty: local() });
  const gateway = await startGateway({ config: settings('debug') });
  expect(textOf(await gateway.invoke('chatty::flood_stderr', { bytes: 3_000_000 }))).toBe('flooded');
  await gateway.process.logged(/"debug".*chatty.*eeee|chatty.*eeee/);
  expect(gateway.process.noise).toEqual([]);
  const quiet = await startGateway({ config: settings('info') });
  await quiet.invoke('chatty::flood_stderr', { bytes: 3_000_000 });
  expect(quiet.process.tail()).not.toContain('eeee');
});

test('a crashed server leaves the rest usable and comes back [upstream.reconnect, upstream.isolation]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }), other: local() } });
  errorOf(await gateway.invoke('u::crash'));
  expect(textOf(await gateway.invoke('other::add', { a: 1, b: 1 }))).toBe('2');
  expect(JSON.stringify(await gateway.describe('u::echo'))).toContain('u::echo');
  await waitUntil(() => events('initialize').length === 2);
  expect(textOf(await gateway.invoke('u::add', { a: 2, b: 2 }))).toBe('4');
});

test('a server that fails to start is tried again [upstream.reconnect]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file, exitAtStart: 2 }) } });
  await gateway.knows('u::add');
  expect(events('start')).toHaveLength(3);
});

test('maxConcurrency bounds the calls in flight [upstream.max-concurrency]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }, { maxConcurrency: 2 }), free: local() } });
  const controller = new AbortController();
  const hanging = [1, 2].map((n) => gateway.invoke('u::hang', { n }, { signal: controller.signal }));
  for (const call of hanging) call.catch(() => {});
  await waitUntil(() => events('call').length === 2);
  const third = gateway.invoke('u::echo', { n: 3 });
  expect(textOf(await gateway.invoke('free::add', { a: 1, b: 1 }))).toBe('2');
  expect(events('call')).toHaveLength(2);
  controller.abort();
  expect(textOf(await third)).toBe('{"n":3}');
});

test.each(['v1', 'raw'] as const)(
  '%s: an unknown content block costs nothing beside it [invoke.result]',
  async (sdk) => {
    const gateway = await startGateway({ config: { u: local({ sdk: 'raw' }) }, sdk });
    const result = await gateway.invoke('u::unknown_block').catch((error: Error) => error);
    // A 1.x client refuses what it does not know; the gateway must survive that and pass it on to those that do not.
    if (!(result instanceof Error)) expect(blocks(result)).toHaveLength(2);
    expect(textOf(await gateway.invoke('u::echo', { n: 1 }))).toBe('{"n":1}');
  },
);

test('a large result arrives whole [invoke.result]', async () => {
  const gateway = await startGateway({ config: { u: local() } });
  expect(textOf(await gateway.invoke('u::big', { bytes: 5_000_000 }))).toHaveLength(5_000_000);
});
