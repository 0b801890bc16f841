import { expect, test } from 'vitest';
import { errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { RpcCalls } from '../helpers/clients/rpc-calls.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local, remote } from '../helpers/servers/fixture.ts';
import { openFilesOf, rssOf } from '../helpers/system/process-figures.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const LONG_MS = 120_000;
const QUEUED = 10_000;

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

test('1,000 calls at once are each answered with their own result [load.at-once]', { timeout: LONG_MS }, async () => {
  const far = await remote('http', {});
  const config = { raw: local({ sdk: 'raw' }), v1: local(), v2: local({ sdk: 'v2' }), far: far.entry() };
  const gateway = await startGateway({ config, sdk: 'raw' });
  const servers = Object.keys(config);
  await Promise.all(servers.map((server) => gateway.knows(`${server}::echo`)));
  const calls = new RpcCalls(gateway.process.peer);
  const text = (n: number) => `${n} `.repeat(n % 50);
  const answers = range(1_000).map((n) => calls.invoke(`${servers[n % servers.length]}::echo`, { n, text: text(n) }));
  const expected = range(1_000).map((n) => ({ n, text: text(n) }));
  expect((await Promise.all(answers)).map((answer) => JSON.parse(textOf(answer)))).toEqual(expected);
});

test('200 hanging calls keep no other from its answer, and the server hears when each is cancelled [load.hanging]', {
  timeout: LONG_MS,
}, async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }), v: local() }, sdk: 'raw' });
  await gateway.knows('v::echo');
  await gateway.knows('u::hang');
  const calls = new RpcCalls(gateway.process.peer);
  const hanging = range(200).map((n) =>
    calls.start('tools/call', { name: 'invoke', arguments: { id: 'u::hang', args: { n }, timeoutMs: LONG_MS } }),
  );
  const live = range(100).map((n) => calls.invoke(n % 2 ? 'u::echo' : 'v::echo', { n }));
  expect((await Promise.all(live)).map(textOf)).toEqual(range(100).map((n) => `{"n":${n}}`));
  expect(calls.pending).toBe(200);
  for (const call of hanging) calls.cancel(call, 'enough');
  await waitUntil(() => events('cancelled').length === 200, { timeoutMs: 60_000 });
  expect(new Set(events('cancelled').map(({ id }) => id)).size).toBe(200);
  expect(textOf(await calls.invoke('u::echo', { still: 'here' }))).toBe('{"still":"here"}');
});

test.each(['v1', 'v2'] as const)(
  'calls given up over http (%s) leave no socket behind [load.sockets]',
  { timeout: LONG_MS },
  async (sdk) => {
    const fixture = await remote('http', { sdk });
    const gateway = await startGateway({ config: { u: fixture.entry() }, sdk: 'raw' });
    const calls = new RpcCalls(gateway.process.peer);
    await calls.invoke('u::echo', { n: 0 });
    const before = openFilesOf(gateway.pid);
    const hanging = range(30).map((n) =>
      calls.start('tools/call', { name: 'invoke', arguments: { id: 'u::hang', args: { n } } }),
    );
    await waitUntil(() => openFilesOf(gateway.pid) >= before + 25, { what: 'the calls are under way' });
    for (const call of hanging) calls.cancel(call, 'enough');
    await waitUntil(() => openFilesOf(gateway.pid) <= before + 5, {
      timeoutMs: 30_000,
      what: 'their sockets are closed',
    });
    expect(textOf(await calls.invoke('u::echo', { still: 'here' }))).toBe('{"still":"here"}');
  },
);

test('10,000 jobs wait in their places within bounded memory, more are refused, and invoke is not delayed [load.queue]', {
  timeout: LONG_MS,
}, async () => {
  const { file, events } = journal();
  const config = { $gateway: { jobs: { concurrency: 1, maxQueued: QUEUED } }, u: local({ sdk: 'raw', journal: file }) };
  const gateway = await startGateway({ config, sdk: 'raw' });
  await gateway.knows('u::hang');
  const calls = new RpcCalls(gateway.process.peer);
  const submit = async (priority = 0) =>
    jsonOf<{ jobId: string; position?: number }>(await calls.call('invoke_async', { id: 'u::hang', priority }));
  const running = await submit();
  const before = rssOf(gateway.pid);
  const tickets = await Promise.all(range(QUEUED).map(() => submit()));
  expect(tickets.map(({ position }) => position)).toEqual(range(QUEUED).map((n) => n + 1));
  expect(errorOf(await calls.call('invoke_async', { id: 'u::hang' }))).toContain('queue is full');
  expect(textOf(await calls.invoke('u::echo', { n: 1 }))).toBe('{"n":1}');
  expect(rssOf(gateway.pid) - before).toBeLessThan(120_000_000);
  const status = async (jobId: string, rest = {}) => {
    const { content } = await calls.call('job_status', { jobId, ...rest });
    const [first] = content as { text: string }[];
    return JSON.parse(first?.text ?? '') as { status: string; position?: number };
  };
  // Half of them change their mind: the others move up, and an urgent one goes before all.
  const leaving = tickets.filter((_, n) => n % 2 === 0);
  await Promise.all(leaving.map(({ jobId }) => status(jobId, { cancel: true })));
  expect(await status(tickets[QUEUED - 1]?.jobId ?? '')).toMatchObject({ status: 'queued', position: QUEUED / 2 });
  const urgent = await submit(1);
  expect(urgent.position).toBe(1);
  await status(running.jobId, { cancel: true });
  await waitUntil(async () => (await status(urgent.jobId)).status === 'running');
  const hanging = () => events('call').filter(({ tool }) => tool === 'hang').length;
  await waitUntil(() => hanging() === 2);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});
