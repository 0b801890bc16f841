import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { FailingServer } from '../helpers/servers/failing-server.ts';
import { journal } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const MORTAL = fileURLToPath(new URL('../fixtures/mortal.mjs', import.meta.url));

function mortal(...more: string[]) {
  const { file, events } = journal();
  return { entry: { command: [process.execPath, MORTAL, file, ...more] }, events };
}

test.each(['look', 'put'])(
  'a call of "%s" that its server did not survive is made once more [resend.harmless]',
  async (tool) => {
    const { entry, events } = mortal();
    const gateway = await startGateway({ config: { u: entry } });
    expect(textOf(await gateway.invoke(`u::${tool}`))).toBe(`${tool} 2`);
    expect(events('call')).toHaveLength(2);
  },
);

test('a call that may have happened is not made again, and says so [resend.sent]', async () => {
  const { entry, events } = mortal();
  const gateway = await startGateway({ config: { u: entry } });
  expect(errorOf(await gateway.invoke('u::pay'))).toMatch(/had been sent and may have taken effect/);
  expect(textOf(await gateway.invoke('u::pay'))).toBe('pay 2');
  expect(events('call')).toHaveLength(2);
});

test('a read that its server did not survive is made once more [resend.harmless]', async () => {
  const { entry } = mortal();
  const gateway = await startGateway({ config: { u: entry }, sdk: 'raw' });
  await gateway.knows('u::look');
  const { result } = await gateway.process.peer.request('resources/read', { uri: 'mortal://x' });
  expect(result?.contents).toMatchObject([{ text: 'read' }]);
});

test('progress of the second sending goes on where that of the first ended [resend.progress]', async () => {
  const { entry } = mortal();
  const gateway = await startGateway({ config: { u: entry }, sdk: 'raw' });
  const told: number[] = [];
  await gateway.invoke('u::look', {}, { onProgress: ({ progress }) => told.push(progress) });
  expect(told).toEqual([1, 2]);
});

test('a second death is the end: nothing is sent three times [resend.once]', async () => {
  const { entry, events } = mortal('always');
  const gateway = await startGateway({ config: { u: entry } });
  expect(errorOf(await gateway.invoke('u::look'))).toMatch(/had been sent and may have taken effect/);
  expect(events('call')).toHaveLength(2);
});

test('the first call to a server that has forgotten our session succeeds, over a new one [resend.unsent]', async () => {
  const server = await new FailingServer().start();
  server.fails = false;
  const gateway = await startGateway({ config: { u: { url: server.url, protocol: '2025-11-25' } } });
  expect(textOf(await gateway.invoke('u::work'))).toBe('worked');
  server.forgetSessions();
  // Not annotated: what is refused has not happened.
  expect(textOf(await gateway.invoke('u::work'))).toBe('worked');
  expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(2);
});

test('a call that its caller gives up while its server is down is not made again [resend.cancelled]', async () => {
  const { entry, events } = mortal();
  const gateway = await startGateway({ config: { u: entry }, sdk: 'raw' });
  await gateway.knows('u::look');
  const given = new AbortController();
  gateway.invoke('u::look', {}, { signal: given.signal }).catch(() => {});
  await waitUntil(() => events('call').length === 1);
  given.abort();
  const up = async () => (await gateway.process.peer.request('resources/list')).result?.resources;
  expect(await waitUntil(async () => events('start').length === 2 && (await up()))).toHaveLength(1);
  expect(events('call')).toHaveLength(1);
});
