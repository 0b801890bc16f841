import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { ModernClient } from '../helpers/clients/modern-client.ts';
import type { Message } from '../helpers/clients/raw-peer.ts';
import { directTransport } from '../helpers/clients/transports.ts';
import type { ClientKind } from '../helpers/fidelity/session.ts';
import { answerOf, directly, throughGateway } from '../helpers/fidelity/ways.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { type Entry, journal, local, type UpstreamOptions } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const CLIENTS: readonly ClientKind[] = ['v1', 'v2', 'v2-modern'];

const server = (name: string, options: UpstreamOptions = {}, rest: JsonObject = {}): Entry =>
  local({ name, primitives: true, ...options }, rest);

/** A gateway with these servers, driven by plain JSON-RPC, once all of them offer tools. */
async function gatewayOf(config: JsonObject): Promise<{ gateway: Gateway; ask: Ask }> {
  const gateway = await startGateway({ config, sdk: 'raw' });
  for (const key of Object.keys(config).filter((name) => !name.startsWith('$'))) await gateway.knows(`${key}::tell`);
  const ask: Ask = async (method, params = {}) => {
    const { result, error } = await gateway.process.peer.request(method, params);
    return (result ?? { error }) as JsonObject;
  };
  return { gateway, ask };
}

type Ask = (method: string, params?: JsonObject) => Promise<JsonObject>;

const uris = ({ resources }: JsonObject) => (resources as JsonObject[]).map(({ uri }) => String(uri));
const names = ({ prompts }: JsonObject) => (prompts as JsonObject[]).map(({ name }) => String(name));
const textRead = ({ contents }: JsonObject) => (contents as JsonObject[])[0];

test.each(CLIENTS)(
  '%s: lists, reads and prompts of one server are as they are directly [primitives.unchanged, eras.lists]',
  async (client) => {
    const sdk = client === 'v1' ? 'v1' : 'v2';
    const entry = { ...server('a', { sdk }), ...(client === 'v2-modern' && { protocol: '2026-07-28' }) };
    const direct = await directly(client, directTransport(entry, 'stdio', 'v1'));
    const through = await throughGateway(client, entry, 'tell');
    const requests: [string, JsonObject][] = [
      ['resources/list', {}],
      ['resources/templates/list', {}],
      ['resources/read', { uri: 'fixture://shared' }],
      ['resources/read', { uri: 'fixture://item/7' }],
      ['resources/read', { uri: 'fixture://missing' }],
      ['prompts/list', {}],
      ['prompts/get', { name: 'greet', arguments: { whom: 'Ada' } }],
      ['prompts/get', { name: 'nobody' }],
      ['completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'whom', value: 'A' } }],
      [
        'completion/complete',
        { ref: { type: 'ref/resource', uri: 'fixture://item/{id}' }, argument: { name: 'id', value: '1' } },
      ],
    ];
    for (const [method, params] of requests) {
      const [expected, found] = await Promise.all([direct, through].map((way) => answerOf(way, method, params)));
      expect.soft(withoutServer(found), method).toEqual(withoutServer(expected));
    }
  },
);

/** Without who answered: lists are the gateway's. */
function withoutServer(result: JsonObject | undefined): JsonObject {
  const { _meta, ...rest } = result ?? {};
  const { 'io.modelcontextprotocol/serverInfo': _, ...meta } = (_meta ?? {}) as JsonObject;
  return { ...rest, _meta: meta };
}

test('what collides gets a name of its own, and everything reaches its server [primitives.unique, primitives.read, primitives.prompts, primitives.completion]', async () => {
  const { ask } = await gatewayOf({ a: server('a'), b: server('b', { sdk: 'v2' }) });
  const listed = uris(await ask('resources/list'));
  expect(listed).toHaveLength(4);
  expect(listed).toEqual(expect.arrayContaining(['fixture://shared', 'fixture://only/a', 'fixture://only/b']));
  const other = listed.find((uri) => !uri.startsWith('fixture://')) as string;
  expect(textRead(await ask('resources/read', { uri: 'fixture://shared' }))?.text).toBe('a read fixture://shared');
  expect(textRead(await ask('resources/read', { uri: other }))).toMatchObject({
    uri: other,
    text: 'b read fixture://shared',
  });
  expect(textRead(await ask('resources/read', { uri: 'fixture://only/b' }))?.text).toBe('b read fixture://only/b');
  const prompts = names(await ask('prompts/list'));
  expect(prompts).toEqual(['greet', 'only_a', 'b__greet', 'only_b']);
  for (const [name, owner] of [
    ['greet', 'a'],
    ['b__greet', 'b'],
  ]) {
    expect(JSON.stringify(await ask('prompts/get', { name, arguments: { whom: 'Ada' } }))).toContain(`${owner} got`);
    const ref = { type: 'ref/prompt', name };
    const completed = await ask('completion/complete', { ref, argument: { name: 'whom', value: 'x' } });
    expect(completed).toEqual({ completion: { values: [`${owner} x`], total: 1, hasMore: false } });
  }
  const templates = (await ask('resources/templates/list')).resourceTemplates as { uriTemplate: string }[];
  const read = templates.map(({ uriTemplate }) => ask('resources/read', { uri: uriTemplate.replace('{id}', '9') }));
  expect((await Promise.all(read)).map((each) => textRead(each)?.text)).toEqual([
    'a read fixture://item/9',
    'b read fixture://item/9',
  ]);
});

const updates = (messages: readonly Message[]) =>
  messages.flatMap(({ method, params }) => (method === 'notifications/resources/updated' ? [params?.uri] : []));

const tellUpdated = (gateway: Gateway, key: string, uri: string) =>
  gateway.invoke(`${key}::tell`, { method: 'notifications/resources/updated', params: { uri } });

test('subscriptions reach their server, updates name the URI the client knows [primitives.subscribe, primitives.updated]', async () => {
  const { file, events } = journal();
  const { gateway, ask } = await gatewayOf({ a: server('a', { journal: file }), b: server('b', { journal: file }) });
  const { messages } = gateway.process.peer;
  const other = uris(await ask('resources/list')).find((uri) => !uri.startsWith('fixture://')) as string;
  for (const uri of ['fixture://shared', other]) expect(await ask('resources/subscribe', { uri })).toEqual({});
  expect(events('subscribe').map(({ uri }) => uri)).toEqual(['fixture://shared', 'fixture://shared']);
  expect(new Set(events('subscribe').map(({ pid }) => pid)).size).toBe(2);
  await tellUpdated(gateway, 'b', 'fixture://shared');
  await waitUntil(() => updates(messages).length === 1);
  await tellUpdated(gateway, 'a', 'fixture://shared');
  await waitUntil(() => updates(messages).length === 2);
  expect(updates(messages)).toEqual([other, 'fixture://shared']);
  await ask('resources/unsubscribe', { uri: other });
  expect(events('unsubscribe').map(({ uri }) => uri)).toEqual(['fixture://shared']);
});

test('a subscription outlives the crash of its server [primitives.subscribe]', async () => {
  const { file, events } = journal();
  const { gateway, ask } = await gatewayOf({ a: server('a', { journal: file }) });
  await ask('resources/subscribe', { uri: 'fixture://shared' });
  await gateway.invoke('a::crash');
  await waitUntil(() => events('subscribe').length === 2);
});

test('a client of 2025 subscribes to a resource of a 2026-era server [primitives.subscribe, eras.subscriptions]', async () => {
  const { gateway, ask } = await gatewayOf({ a: server('a', { sdk: 'v2' }, { protocol: '2026-07-28' }) });
  const { messages } = gateway.process.peer;
  expect(await ask('resources/subscribe', { uri: 'fixture://shared' })).toEqual({});
  await tellUpdated(gateway, 'a', 'fixture://shared');
  await waitUntil(() => updates(messages).length === 1);
  expect(updates(messages)).toEqual(['fixture://shared']);
  expect(await ask('resources/unsubscribe', { uri: 'fixture://shared' })).toEqual({});
});

test('a 2026-era client listens to a resource of an older server [primitives.updated, eras.subscriptions]', async () => {
  const { file, events } = journal();
  const gateway = launchGateway({ config: { a: server('a', { journal: file }) } });
  const peer = new ModernClient(gateway.process.peer);
  const invoke = (tool: string, args: JsonObject) => peer.callTool('invoke', { id: `a::${tool}`, args });
  await waitUntil(async () => (await invoke('echo', {})).result?.isError !== true);
  const uri = 'fixture://only/a';
  peer
    .start('subscriptions/listen', { notifications: { resourceSubscriptions: [uri], resourcesListChanged: true } })
    .response.catch(() => {});
  await waitUntil(() => events('subscribe').length === 1);
  await invoke('tell', { method: 'notifications/resources/updated', params: { uri } });
  const told = await peer.raw.waitFor(({ method }) => method === 'notifications/resources/updated');
  expect(told.params).toMatchObject({ uri });
  await invoke('add_resource', { uri: 'fixture://new' });
  await peer.raw.waitFor(({ method }) => method === 'notifications/resources/list_changed');
});

test('what a 2026-era client listens to ends with the last request that listens to it [subscriptions.cancelled, eras.subscriptions]', async () => {
  const { file, events } = journal();
  const gateway = launchGateway({ config: { a: server('a', { journal: file }) } });
  const peer = new ModernClient(gateway.process.peer);
  await waitUntil(async () => (await peer.callTool('describe', { id: 'a::tell' })).result?.isError !== true);
  const listen = (uri: string) => {
    const { id, response } = peer.start('subscriptions/listen', { notifications: { resourceSubscriptions: [uri] } });
    response.catch(() => {});
    return id;
  };
  const [first, second] = [listen('fixture://shared'), listen('fixture://shared')];
  await waitUntil(() => events('subscribe').length === 2);
  const slow = listen('fixture://item/hang');
  await waitUntil(() => events('subscribe').length === 3);
  peer.cancel(first);
  peer.cancel(slow);
  await waitUntil(() => events('cancelled').length === 1);
  expect([events('cancelled')[0]?.uri, events('unsubscribe')]).toEqual(['fixture://item/hang', []]);
  peer.cancel(second);
  await waitUntil(() => events('unsubscribe').length === 1);
});

test.each([undefined, '2026-07-28'])(
  'a changed list is told and read anew (protocol %s) [primitives.changes]',
  async (protocol) => {
    const { gateway, ask } = await gatewayOf({ a: server('a', { sdk: 'v2' }, protocol ? { protocol } : {}) });
    const { messages } = gateway.process.peer;
    await ask('resources/list');
    const from = messages.length;
    await gateway.invoke('a::add_resource', { uri: 'fixture://new' });
    await waitUntil(() => messages.slice(from).some(({ method }) => method === 'notifications/resources/list_changed'));
    expect(uris(await ask('resources/list'))).toContain('fixture://new');
  },
);

test('long lists are read in pages and served in pages [primitives.pages]', async () => {
  const { ask } = await gatewayOf({ a: server('a', { resourceCount: 450, pageSize: 7 }) });
  const pages: string[][] = [];
  for (let cursor: unknown; ; ) {
    const page = await ask('resources/list', cursor === undefined ? {} : { cursor });
    pages.push(uris(page));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  expect(pages.length).toBeGreaterThan(2);
  expect(new Set(pages.flat()).size).toBe(452);
  expect(await ask('resources/list', { cursor: 'forged' })).toMatchObject({ error: { code: -32_602 } });
});

const HIDDEN = { expose: { resources: false, prompts: false } };

test('expose hides resources and prompts of a server, and of all [primitives.expose]', async () => {
  const { gateway, ask } = await gatewayOf({ a: server('a'), b: server('b', {}, HIDDEN) });
  expect(uris(await ask('resources/list'))).toEqual(['fixture://shared', 'fixture://only/a']);
  expect(names(await ask('prompts/list'))).toEqual(['greet', 'only_a']);
  expect(textRead(await ask('resources/read', { uri: 'fixture://shared' }))?.text).toBe('a read fixture://shared');
  expect(await ask('prompts/get', { name: 'only_b' })).toMatchObject({ error: { code: -32_602 } });
  const from = gateway.process.peer.messages.length;
  await gateway.invoke('b::add_resource', { uri: 'fixture://new' });
  await tellUpdated(gateway, 'b', 'fixture://shared');
  await tellUpdated(gateway, 'a', 'fixture://shared');
  await waitUntil(() => updates(gateway.process.peer.messages.slice(from)).length > 0);
  expect(updates(gateway.process.peer.messages.slice(from))).toHaveLength(1);
  const { ask: askNone } = await gatewayOf({ a: server('a'), $gateway: HIDDEN });
  expect(uris(await askNone('resources/list'))).toEqual([]);
  expect(names(await askNone('prompts/list'))).toEqual([]);
  expect(await askNone('resources/read', { uri: 'fixture://only/a' })).toMatchObject({
    error: { message: expect.stringMatching(/not found/i) },
  });
});

test('how long a list may be kept is passed on to a 2026-era client [primitives.cache-hints]', async () => {
  const entry = server('a', { sdk: 'v2' }, { protocol: '2026-07-28' });
  const gateway = launchGateway({ config: { a: entry } });
  const peer = new ModernClient(gateway.process.peer);
  await waitUntil(async () => (await peer.callTool('describe', { id: 'a::tell' })).result?.isError !== true);
  for (const method of ['resources/list', 'prompts/list', 'resources/templates/list'])
    expect((await peer.request(method)).result).toMatchObject({ ttlMs: 60_000, cacheScope: 'public' });
});

test('resources and prompts cost no tool [tools.five]', async () => {
  const { ask } = await gatewayOf({ a: server('a') });
  expect((await ask('tools/list')).tools).toHaveLength(5);
});
