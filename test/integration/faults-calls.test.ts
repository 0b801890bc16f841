import { expect, test } from 'vitest';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { type Gateway, startGateway } from '../helpers/gateway/gateway.ts';
import { TcpProxy } from '../helpers/servers/endpoints.ts';
import { journal, local, type NetworkTransport, remote } from '../helpers/servers/fixture.ts';
import { alive, expectDead, waitUntil } from '../helpers/system/processes.ts';

const NETWORKS: NetworkTransport[] = ['http', 'sse', 'ws'];

/** What a server does instead of answering, and what its call must be told. */
const FAULTS: [string, string, object, RegExp][] = [
  ['exits', 'crash', {}, /the process exited with code 3/],
  ['throws', 'throw_uncaught', {}, /the process exited with code 1; it last said: .*the fixture broke/],
  ['is killed', 'signal_self', { name: 'SIGKILL' }, /the process was ended by SIGKILL/],
  ['closes its stdout', 'close_pipe', { a: 1 }, /the process closed its stdout/],
];

/** While a connection is being replaced, calls may still fail. */
async function answers(gateway: Gateway): Promise<void> {
  const works = async () => textOf(await gateway.invoke('bad::add', { a: 2, b: 2 })) === '4';
  await waitUntil(works, { what: 'the server answers again' });
}

test.each(FAULTS)('a server that %s mid-call [faults.mid-call]', async (_, tool, args, cause) => {
  const { file, events } = journal();
  const config = { bad: local({ sdk: 'raw', journal: file }), good: local({ journal: file }) };
  const gateway = await startGateway({ config });
  const child = Number(textOf(await gateway.invoke('bad::spawn_child')));
  const meanwhile = gateway.invoke('good::sleep', { ms: 300 });
  await waitUntil(() => events('call').some((call) => call.tool === 'sleep'));
  const text = errorOf(await gateway.invoke(`bad::${tool}`, { ...args }));
  expect(text).toContain(`bad: tool "${tool}": `);
  expect(text).toMatch(cause);
  expect(text).toMatch(/had been sent and may have taken effect.* reconnects by itself/s);
  expect(textOf(await meanwhile)).toBe('slept 300');
  await expectDead([child]);
  await waitUntil(() => events('initialize').length === 3, { what: 'it is connected to again' });
  expect(textOf(await gateway.invoke('bad::add', { a: 2, b: 2 }))).toBe('4');
});

test('a frozen server costs its own calls their deadline, and goes on when it thaws [faults.frozen]', async () => {
  const gateway = await startGateway({ config: { bad: local(), good: local() } });
  const pid = Number(textOf(await gateway.invoke('bad::pid')));
  process.kill(pid, 'SIGSTOP');
  const frozen = gateway.call('invoke', { id: 'bad::echo', args: {}, timeoutMs: 500 });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  expect(errorOf(await frozen)).toMatch(/^bad: tool "echo": no answer within 500 ms/);
  process.kill(pid, 'SIGCONT');
  expect(textOf(await gateway.invoke('bad::pid'))).toBe(String(pid));
});

test.each(NETWORKS)('%s: a half-open connection costs its own calls their deadline [faults.frozen]', async (kind) => {
  const fixture = await remote(kind);
  const proxy = await new TcpProxy().start(Number(new URL(fixture.url).port));
  const url = fixture.url.replace(/:\d+/, `:${proxy.port}`);
  const config = { bad: fixture.entry({ url }), good: local() };
  const gateway = await startGateway({ config });
  expect(textOf(await gateway.invoke('bad::add', { a: 1, b: 1 }))).toBe('2');
  proxy.freeze();
  const frozen = gateway.call('invoke', { id: 'bad::add', args: { a: 1, b: 2 }, timeoutMs: 500 });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  expect(errorOf(await frozen)).toMatch(/^bad: tool "add": no answer within 500 ms/);
  proxy.cut();
  await answers(gateway);
});

test.each([...NETWORKS.map((kind) => [kind, 'v1'] as const), ['http', 'v2'] as const])(
  '%s (%s): a server that was started anew is connected to without a call; what was lost is told in words [faults.restart, faults.in-words]',
  async (kind, sdk) => {
    const { file, events } = journal();
    const fixture = await remote(kind, { sdk, journal: file });
    const gateway = await startGateway({ config: { bad: fixture.entry(), good: local() } });
    await gateway.knows('bad::add');
    const lost = gateway.invoke('bad::sleep', { ms: 60_000 });
    await waitUntil(() => events('call').length > 0, { what: 'the call arrived' });
    await fixture.kill();
    const text = errorOf(await lost);
    expect(text).toMatch(/^bad: tool "sleep": .*may have taken effect/);
    expect(text).not.toMatch(/\w+Error:|terminated|fetch failed|socket hang up/);
    expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
    const before = events('list').length;
    await fixture.start();
    await waitUntil(() => events('list').length > before, { timeoutMs: 20_000, what: 'its tools are listed again' });
    await answers(gateway);
  },
);

test('a stubborn server that is taken out goes, with its grandchildren [faults.stubborn]', async () => {
  const good = local();
  const gateway = await startGateway({ config: { bad: local({ ignoreSigterm: true }), good } });
  const pids = [await gateway.invoke('bad::pid'), await gateway.invoke('bad::spawn_child')].map(textOf).map(Number);
  expect(pids.every(alive)).toBe(true);
  gateway.writeConfig({ good });
  await gateway.forgets('bad::pid');
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  await expectDead(pids);
});
