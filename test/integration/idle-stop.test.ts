import { expect, test } from 'vitest';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local, remote } from '../helpers/servers/fixture.ts';
import { alive, waitUntil } from '../helpers/system/processes.ts';

const pidOf = async (gateway: Gateway, id: string) => Number(textOf(await gateway.invoke(id)));

/** Two servers with the same short patience; when the one that was used last has been stopped, the other was due before. */
function pair(patienceMs = 400) {
  const { file, events } = journal();
  const entry = (name: string) => local({ name, journal: file, primitives: true }, { idleTimeoutMs: patienceMs });
  const endings = (pid: number) => events('exit').filter((event) => event.pid === pid).length;
  return { config: { kept: entry('kept'), free: entry('free') }, events, endings };
}

test('a server that nobody uses is stopped, counts as available, and starts anew at its next call [idle.stop, idle.state]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }, { idleTimeoutMs: 300 }) } });
  const first = await pidOf(gateway, 'u::pid');
  await waitUntil(() => !alive(first));
  expect(await gateway.describe('u::pid')).toMatchObject({ available: true });
  const { results, unavailable } = await gateway.search('echo');
  expect(results[0]).not.toHaveProperty('available');
  expect(unavailable).toBeUndefined();
  const second = await pidOf(gateway, 'u::pid');
  expect(second).not.toBe(first);
  await waitUntil(() => !alive(second));
  expect(events('start')).toHaveLength(2);
});

test('a session of a remote server is closed, and opened again by the next call [idle.stop]', async () => {
  const fixture = await remote('http');
  const gateway = await startGateway({ config: { u: fixture.entry({ idleTimeoutMs: 300 }) } });
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  await gateway.process.logged(/stopped until its next use/);
  expect(textOf(await gateway.invoke('u::add', { a: 2, b: 2 }))).toBe('4');
});

test('a call in flight keeps its server [idle.in-flight]', async () => {
  const { config, events, endings } = pair();
  const gateway = await startGateway({ config });
  const kept = await pidOf(gateway, 'kept::pid');
  const hanging = new AbortController();
  gateway.invoke('kept::hang', {}, { signal: hanging.signal }).catch(() => {});
  await waitUntil(() => events('call').some(({ tool }) => tool === 'hang'));
  const free = await pidOf(gateway, 'free::pid');
  await waitUntil(() => endings(free) === 1);
  expect(alive(kept)).toBe(true);
  hanging.abort();
  await waitUntil(() => endings(kept) === 1);
});

test('a subscription keeps its server, until it is given up [idle.in-flight]', async () => {
  const { config, endings } = pair();
  const gateway = await startGateway({ config, sdk: 'raw' });
  const { peer } = gateway.process;
  const uri = 'fixture://only/kept';
  expect((await peer.request('resources/subscribe', { uri })).result).toEqual({});
  const kept = await pidOf(gateway, 'kept::pid');
  const free = await pidOf(gateway, 'free::pid');
  await waitUntil(() => endings(free) === 1);
  expect(alive(kept)).toBe(true);
  await peer.request('resources/unsubscribe', { uri });
  await waitUntil(() => endings(kept) === 1);
});

test('its resources stay listed while it is stopped [idle.state]', async () => {
  const gateway = await startGateway({
    config: { u: local({ primitives: true }, { idleTimeoutMs: 300 }) },
    sdk: 'raw',
  });
  const list = async () => (await gateway.process.peer.request('resources/list')).result?.resources;
  await gateway.knows('u::echo');
  const before = await list();
  expect(before).toHaveLength(2);
  await gateway.process.logged(/stopped until its next use/);
  expect(await list()).toEqual(before);
  expect(gateway.logs.filter(({ message }) => message === 'server ready')).toHaveLength(1);
});

test('calls that come while it is being stopped are answered by the next process [idle.stop]', async () => {
  const gateway = await startGateway({ config: { u: local({ ignoreSigterm: true }, { idleTimeoutMs: 200 }) } });
  const first = await pidOf(gateway, 'u::pid');
  await gateway.process.logged(/stopped until its next use/);
  expect(alive(first)).toBe(true);
  expect(await pidOf(gateway, 'u::pid')).not.toBe(first);
  expect(alive(first)).toBe(false);
});
