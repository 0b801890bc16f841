import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { FailingServer } from '../helpers/servers/failing-server.ts';
import { journal, local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { expectDead, waitUntil } from '../helpers/system/processes.ts';

interface Unavailable {
  readonly server: string;
  readonly state: string;
  readonly circuit?: string;
  readonly error?: string;
  readonly retryAt?: number;
}

/** What `search` says of the server `u`. */
async function obstacle(gateway: Gateway): Promise<Unavailable | undefined> {
  const { unavailable = [] } = (await gateway.search('echo')) as { unavailable?: Unavailable[] };
  return unavailable.find(({ server }) => server === 'u');
}

/** A server whose program can be broken and mended. */
function breakable() {
  const [node = '', fixture = '', options = ''] = local().command as string[];
  const folder = temporaryDirectory();
  const script = join(folder, 'server.mjs');
  const sound = join(folder, 'sound.mjs');
  writeFileSync(sound, `await import(${JSON.stringify(fixture)});`);
  copyFileSync(sound, script);
  return {
    entry: { command: [node, script, options] },
    break: () => writeFileSync(script, 'process.stderr.write("worn out\\n"); process.exit(1)'),
    mend: () => copyFileSync(sound, script),
  };
}

test('a circuit opens: calls fail at once with cause and time, search marks the tools; a probe closes it [circuit.open, circuit.search, circuit.close]', async () => {
  const server = breakable();
  const gateway = await startGateway({ config: { u: server.entry, other: local() } });
  const pid = Number(textOf(await gateway.invoke('u::pid')));
  server.break();
  process.kill(pid, 'SIGKILL');
  const found = await waitUntil(async () => {
    const now = await obstacle(gateway);
    return now?.circuit === 'open' ? now : undefined;
  });
  expect(found).toMatchObject({ state: 'failing', retryAt: expect.any(Number) });
  expect(found.error).toContain('worn out');
  const { results } = await gateway.search('echo', { filters: { server: ['u', 'other'] } });
  expect(results.find(({ id }) => id === 'u::echo')).toMatchObject({ available: false });
  expect(results.find(({ id }) => id === 'other::echo')).not.toHaveProperty('available');
  const refused = await gateway.invoke('u::echo', {}, { rest: { timeoutMs: 60_000 } });
  expect(errorOf(refused)).toMatch(/worn out.*next attempt is in \d+ s/s);
  const { 'mcp-gateway/error': error } = refused._meta as { 'mcp-gateway/error': JsonObject };
  expect(JSON.stringify(error)).toMatch(/"circuit":"open".*"lastError":"[^"]*worn out.*"retryAt":\d+/);
  expect(await gateway.describe('u::echo')).toMatchObject({ available: false });
  server.mend();
  await waitUntil(async () => (await gateway.invoke('u::echo', { n: 1 })).isError !== true, { timeoutMs: 25_000 });
  const { results: after } = await gateway.search('echo');
  expect(after.find(({ id }) => id === 'u::echo')).not.toHaveProperty('available');
  expect(await obstacle(gateway)).toBeUndefined();
});

test('a server that connects but fails every call opens the circuit too [circuit.failing]', async () => {
  const server = await new FailingServer().start();
  const gateway = await startGateway({ config: { u: { url: server.url, protocol: '2025-11-25' } } });
  const texts: string[] = [];
  await waitUntil(
    async () => {
      texts.push(errorOf(await gateway.invoke('u::work')));
      return (await obstacle(gateway))?.circuit === 'open';
    },
    { timeoutMs: 25_000 },
  );
  expect(texts[0]).toMatch(/had been sent and may have taken effect/);
  await gateway.process.logged(/5 requests in a row failed/);
  server.fails = false;
  await waitUntil(async () => (await gateway.invoke('u::work')).isError !== true, { timeoutMs: 25_000 });
});

test('failures with answers between them give nothing up [circuit.failing]', async () => {
  const server = await new FailingServer().start();
  const gateway = await startGateway({ config: { u: { url: server.url, protocol: '2025-11-25' } } });
  for (let round = 0; round < 8; round++) {
    server.fails = round % 4 !== 3;
    expect((await gateway.invoke('u::work')).isError ?? false).toBe(server.fails);
  }
  expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(1);
});

test('a server that hangs is found out by one ping after a silent call, killed and started anew [health.half-open]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }) } });
  const pid = Number(textOf(await gateway.invoke('u::pid')));
  process.kill(pid, 'SIGSTOP');
  expect(errorOf(await gateway.invoke('u::echo', {}, { rest: { timeoutMs: 300 } }))).toMatch(/no answer within 300 ms/);
  await gateway.process.logged(/did not answer a ping within 5000 ms/, 15_000);
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 1 }))).toBe('2');
  await expectDead([pid]);
  expect(events('start')).toHaveLength(2);
});

test('a silent call does not end a server that answers the ping [health.half-open]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file, sdk: 'raw' }) } });
  for (let round = 0; round < 2; round++) {
    errorOf(await gateway.invoke('u::hang', {}, { rest: { timeoutMs: 200 } }));
    expect(textOf(await gateway.invoke('u::add', { a: 1, b: 1 }))).toBe('2');
  }
  expect(events('start')).toHaveLength(1);
});

test.each(['2025-11-25', '2026-07-28'] as const)(
  '%s: with a healthCheck a server that hangs is found out without a call [health.check]',
  async (protocol) => {
    const { file, events } = journal();
    const healthCheck = { intervalMs: 300, timeoutMs: 1_000 };
    const sdk = protocol === '2025-11-25' ? 'v1' : 'v2';
    const gateway = await startGateway({ config: { u: local({ journal: file, sdk }, { healthCheck, protocol }) } });
    const pid = Number(textOf(await gateway.invoke('u::pid')));
    process.kill(pid, 'SIGSTOP');
    await gateway.process.logged(/did not answer a ping within 1000 ms/);
    await waitUntil(() => events('start').length === 2);
    expect(Number(textOf(await gateway.invoke('u::pid')))).not.toBe(pid);
    await expectDead([pid]);
  },
);
