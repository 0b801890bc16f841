import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { MODERN_REVISION } from '../helpers/clients/clients.ts';
import { ModernClient } from '../helpers/clients/modern-client.ts';
import { textOf } from '../helpers/clients/results.ts';
import { launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { type Entry, journal, local, remote } from '../helpers/servers/fixture.ts';

const REVISION = 'io.modelcontextprotocol/protocolVersion';

/** The era that a server was spoken to in: its revision, by handshake or by envelope. */
async function spokenTo(
  entry: (options: { sdk: 'v1' | 'v2'; journal: string }) => Entry | Promise<Entry>,
  sdk: 'v1' | 'v2',
) {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: await entry({ sdk, journal: file }) } });
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  const handshake = events('initialize').at(-1)?.protocolVersion;
  return (events('call').at(-1)?.meta as JsonObject | undefined)?.[REVISION] ?? handshake;
}

const http = (rest: JsonObject) => async (options: { sdk: 'v1' | 'v2' }) => (await remote('http', options)).entry(rest);
const stdio = (rest: JsonObject) => (options: { sdk: 'v1' | 'v2' }) => local(options, rest);

test.each([
  ['http', 'v1', {}, '2025-11-25'],
  ['http', 'v2', {}, MODERN_REVISION],
  ['http', 'v2', { protocol: '2025-11-25' }, '2025-11-25'],
  ['http', 'v2', { protocol: MODERN_REVISION }, MODERN_REVISION],
  ['stdio', 'v1', {}, '2025-11-25'],
  ['stdio', 'v2', {}, '2025-11-25'],
  ['stdio', 'v1', { protocol: 'auto' }, '2025-11-25'],
  ['stdio', 'v2', { protocol: 'auto' }, MODERN_REVISION],
  ['stdio', 'v2', { protocol: MODERN_REVISION }, MODERN_REVISION],
] as const)('%s, a %s server, %j: %s is spoken [eras.negotiation]', async (transport, sdk, rest, revision) => {
  expect(await spokenTo(transport === 'http' ? http(rest) : stdio(rest), sdk)).toBe(revision);
});

test('both eras are greeted by one process, with the same instructions [eras.greeting]', async () => {
  const config = { u: local() };
  const modern = launchGateway({ config });
  const discovered = (await new ModernClient(modern.process.peer).request('server/discover')).result;
  expect(discovered).toMatchObject({ supportedVersions: expect.arrayContaining([MODERN_REVISION]) });
  const older = launchGateway({ config });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  // A probe comes first, as a 2.x client sends it that then falls back.
  await new ModernClient(older.process.peer).request('server/discover');
  const { result } = await older.process.peer.request('initialize', params);
  expect(result).toMatchObject({ protocolVersion: '2025-11-25', instructions: expect.stringContaining('- u') });
  expect(discovered?.instructions).toBe(result?.instructions);
});

test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
  'a client of %s is served [eras.greeting]',
  async (protocolVersion) => {
    const { peer } = launchGateway({ config: { u: local() } }).process;
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    expect((await peer.request('initialize', params)).result?.protocolVersion).toBe(protocolVersion);
    peer.notify('notifications/initialized');
    const { result } = await peer.request('tools/call', {
      name: 'invoke',
      arguments: { id: 'u::add', args: { a: 1, b: 2 } },
    });
    expect(textOf(result as JsonObject)).toBe('3');
  },
);

test('each server hears the client’s log level, the ones that come later too [channels.log-level]', async () => {
  const first = journal();
  const slow = journal();
  const gateway = await startGateway({
    config: { a: local({ journal: first.file }), b: local({ journal: slow.file, initDelayMs: 500 }) },
    sdk: 'raw',
  });
  const { peer } = gateway.process;
  await gateway.knows('a::logs');
  await peer.request('logging/setLevel', { level: 'error' });
  await gateway.knows('b::logs');
  for (const key of ['a', 'b']) await gateway.invoke(`${key}::logs`);
  await peer.waitFor(({ params }) => params?.level === 'emergency');
  await gateway.invoke('b::echo');
  const levels = peer.messages.flatMap(({ method, params }) =>
    method === 'notifications/message' ? [params?.level] : [],
  );
  expect(levels).toEqual([...LOUD, ...LOUD]);
});

const LOUD = ['error', 'critical', 'alert', 'emergency'];
