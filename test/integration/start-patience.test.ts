import { expect, test } from 'vitest';
import { Abort } from '../../src/core/abort.ts';
import { isAvailable, isComingUp } from '../../src/core/server-state.ts';
import type { Connection } from '../../src/upstream/connection.ts';
import { unavailable } from '../../src/upstream/connection-errors.ts';
import { ObservableState } from '../../src/upstream/observable-state.ts';
import { startTimeoutMs } from '../../src/upstream/start-policy.ts';
import { errorOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { silentPort } from '../helpers/servers/endpoints.ts';
import { type Entry, local } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('a process that goes on has five minutes, an address one, an entry what it says [starts.timeout]', () => {
  expect(startTimeoutMs({ type: 'local' })).toBe(300_000);
  expect(startTimeoutMs({ type: 'remote' })).toBe(60_000);
  for (const type of ['local', 'remote'] as const) expect(startTimeoutMs({ type, startTimeoutMs: 5 })).toBe(5);
});

test('whatever a server is reached by, its startTimeoutMs ends its start and is named [starts.timeout]', async () => {
  const far = async (scheme: string, rest: object = {}): Promise<Entry> => ({
    ...{ type: 'remote', url: `${scheme}://127.0.0.1:${await silentPort()}/mcp`, oauth: false, startTimeoutMs: 100 },
    ...rest,
  });
  const config = {
    process: local({ neverInitialize: true }, { startTimeoutMs: 100 }),
    probed: local({ neverInitialize: true }, { startTimeoutMs: 100, protocol: 'auto' }),
    http: await far('http'),
    sse: await far('http', { transport: 'sse' }),
    socket: await far('ws'),
    patient: local({ tools: ['add'], initDelayMs: 300 }, { startTimeoutMs: 60_000 }),
  };
  const gateway = await startGateway({ config });
  await gateway.knows('patient::add');
  for (const server of Object.keys(config).filter((key) => key !== 'patient')) {
    const said = async () => errorOf(await gateway.invoke(`${server}::add`));
    const text = await waitUntil(async () => (await said().then((each) => /is failing/.test(each) && each)) || null);
    expect
      .soft(text, server)
      .toMatch(/not up within 0\.1 s, its "startTimeoutMs"|handshake has timed out|timed? ?out/i);
  }
});

test('nobody begins to wait for a start that takes long, and who waits goes on [starts.slow]', async () => {
  const state = new ObservableState({ status: 'connecting', attempt: 1 });
  const never = new Abort();
  let isSettled = false;
  const waiting = state.settled(never).then(() => {
    isSettled = true;
  });
  state.slow(Date.now() - 75_000);
  await state.settled(never);
  expect(isSettled).toBe(false);
  expect([isComingUp(state.current), isAvailable(state.current)]).toEqual([false, false]);
  const error = unavailable('s', state.current, {}, 'npm http fetch GET 200');
  expect(error.message).toMatch(/^server "s" has been starting for 7\d s and still is; it last said: npm http fetch/);
  state.become({ status: 'ready', since: Date.now() }, {} as Connection);
  await waiting;
  state.slow(Date.now());
  expect(state.current.status).toBe('ready');
});
