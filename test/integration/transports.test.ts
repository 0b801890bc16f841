import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { blocks, errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { journal, local, type NetworkTransport, remote } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const KINDS: NetworkTransport[] = ['http', 'sse', 'ws'];
const CASES = KINDS.flatMap((kind) => (['v1', 'v2'] as const).map((sdk) => [kind, sdk] as const));

test.each(CASES)(
  '%s (%s) is detected and serves calls, progress and cancellation [upstream.detect, upstream.http, upstream.sse, upstream.websocket]',
  async (kind, sdk) => {
    const { file, events } = journal();
    const fixture = await remote(kind, { sdk, journal: file });
    // Both SDK clients lose progress that comes in one chunk with the result; the raw one sees all that was sent.
    const gateway = await startGateway({ config: { far: fixture.entry() }, sdk: 'raw' });
    await gateway.knows('far::add');
    expect((await gateway.search('add two numbers')).results[0]?.id).toBe('far::add');
    expect(blocks(await gateway.invoke('far::image'))).toHaveLength(5);
    const seen: number[] = [];
    await gateway.invoke('far::progress', { steps: 3 }, { onProgress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
    errorOf(await gateway.invoke('far::sleep', { ms: 60_000 }, { rest: { timeoutMs: 200 } }));
    await waitUntil(() => events('cancelled').length > 0);
  },
);

test('stdio and every network transport at once; killing one leaves the rest, and it comes back [upstream.stdio, upstream.isolation, upstream.reconnect]', async () => {
  const fixtures = await Promise.all(KINDS.map((kind) => remote(kind)));
  const config = { near: local(), ...Object.fromEntries(fixtures.map((each) => [each.transport, each.entry()])) };
  const gateway = await startGateway({ config });
  const ids = Object.keys(config).map((server) => `${server}::add`);
  const works = async (id: string) =>
    (await gateway.invoke(id, { a: 1, b: 1 }, { rest: { timeoutMs: 5_000 } })).isError !== true;
  for (const id of ids) expect(await works(id), id).toBe(true);
  for (const fixture of fixtures) {
    const id = `${fixture.transport}::add`;
    await fixture.kill();
    for (const other of ids.filter((each) => each !== id)) expect(await works(other), other).toBe(true);
    await fixture.start();
    await waitUntil(() => works(id), { timeoutMs: 20_000, what: `${id} works again` });
  }
});

test.each(KINDS)('%s: headers are sent, with variables [upstream.headers, config.substitution]', async (kind) => {
  const fixture = await remote(kind, { requireHeader: { name: 'authorization', value: 'Bearer s3cret' } });
  const headers = { Authorization: 'Bearer {env:FAR_TOKEN}' };
  const config = { far: fixture.entry({ headers }), without: fixture.entry() };
  const gateway = await startGateway({ config, env: { FAR_TOKEN: 's3cret' } });
  expect(textOf(await gateway.invoke('far::add', { a: 1, b: 1 }))).toBe('2');
  const refused = await gateway.call('invoke', { id: 'without::add', args: {}, timeoutMs: 1_000 });
  expect(errorOf(refused)).toMatch(/without/);
  expect(gateway.process.tail()).not.toContain('s3cret');
});

test('transport overrides the detection [upstream.override]', async () => {
  const methods: string[] = [];
  const server = createServer((request, response) => {
    methods.push(`${request.method}`);
    response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await waitUntil(() => server.listening);
  const { port } = server.address() as { port: number };
  const fixture = await remote('sse');
  const config = {
    right: fixture.entry({ transport: 'sse' }),
    wrong: fixture.entry({ transport: 'streamable_http' }),
    counted: { type: 'remote', url: `http://127.0.0.1:${port}/sse`, transport: 'sse' },
  };
  const gateway = await startGateway({ config });
  expect(textOf(await gateway.invoke('right::add', { a: 1, b: 1 }))).toBe('2');
  expect((await gateway.search('add', { filters: { server: 'wrong' } })).results).toEqual([]);
  await waitUntil(() => methods.length > 0);
  expect(new Set(methods)).toEqual(new Set(['GET']));
});
