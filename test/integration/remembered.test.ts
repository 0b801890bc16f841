import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { type Gateway, launchGateway, startGateway } from '../helpers/gateway/gateway.ts';
import { aged, SharedCache } from '../helpers/gateway/shared-cache.ts';
import { type Entry, journal, local, temporaryDirectory, type UpstreamOptions } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

/** A server with a journal, and a first session in which it was learnt. */
async function learnt(options: UpstreamOptions = {}, rest: JsonObject = {}) {
  const memory = new SharedCache();
  const { file, events } = journal();
  const config = { u: local({ journal: file, ...options }, rest) };
  const first = await startGateway({ config, env: memory.env });
  await first.knows('u::echo');
  await first.stop();
  const starts = () => events('start').length;
  expect(starts()).toBe(1);
  const again = (more: JsonObject = {}) =>
    startGateway({ config: { u: { ...config.u, ...more } }, env: memory.env, sdk: 'raw' });
  return { memory, config, events, starts, again };
}

const ask = async ({ process: { peer } }: Gateway, method: string, params: JsonObject = {}) =>
  (await peer.request(method, params)).result as JsonObject;

test('a second session finds and describes without a process, and starts one at the first call [memory.answers, start.auto]', async () => {
  const { starts, again } = await learnt();
  const gateway = await again();
  const { results, unavailable } = await gateway.search('add two numbers');
  expect(results[0]).toMatchObject({ id: 'u::add', signature: '(a: number, b: number)' });
  expect(results[0]).not.toHaveProperty('available');
  expect(unavailable).toBeUndefined();
  expect(await gateway.describe('u::add')).toMatchObject({ available: true, inputSchema: { type: 'object' } });
  expect(await gateway.search('')).toMatchObject({
    servers: [{ server: 'u', description: expect.stringMatching(/\w+, \w+/) }],
  });
  expect(starts()).toBe(1);
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  expect(starts()).toBe(2);
});

test('the memory answers though the server cannot start any more, and a call says why it fails [memory.answers, idle.state]', async () => {
  const memory = new SharedCache();
  const script = join(temporaryDirectory(), 'server.mjs');
  const [node = '', fixture = '', options = ''] = local().command as string[];
  writeFileSync(script, `import ${JSON.stringify(fixture)};`);
  const config = { u: { command: [node, script, options] } };
  const first = await startGateway({ config, env: memory.env });
  await first.knows('u::echo');
  await first.stop();
  rmSync(script);
  const gateway = await startGateway({ config, env: memory.env });
  expect((await gateway.search('echo')).results[0]?.id).toBe('u::echo');
  expect(await gateway.describe('u::echo')).toMatchObject({ available: true });
  expect(textOf(await gateway.invoke('u::echo'))).toMatch(/u: tool "echo".*exited with code 1/s);
});

test('what the server lists when it starts replaces what was remembered, a tool not remembered is asked for [memory.replaced]', async () => {
  const { memory, again } = await learnt();
  memory.rewrite((file) => ({
    ...file,
    tools: [...(file.tools as JsonObject[]).slice(0, 1), { name: 'gone', inputSchema: {} }],
  }));
  const gateway = await again();
  expect((await gateway.search('gone')).results[0]?.id).toBe('u::gone');
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  await gateway.forgets('u::gone');
});

test('an old memory answers too, and its server is started meanwhile [start.stale]', async () => {
  const { memory, starts, again } = await learnt({ initDelayMs: 300 });
  memory.rewrite(aged(25));
  const gateway = await again();
  const { results, unavailable } = await gateway.search('add two numbers');
  expect(results[0]?.id).toBe('u::add');
  expect(unavailable).toBeUndefined();
  await gateway.process.logged(/server ready/);
  expect(starts()).toBe(2);
});

test('a server with start "lazy" waits for its first call however old the memory is [start.lazy]', async () => {
  const { memory, starts, again } = await learnt();
  memory.rewrite(aged(1_000));
  const gateway = await again({ start: 'lazy' });
  expect((await gateway.search('add two numbers')).results[0]?.id).toBe('u::add');
  expect(starts()).toBe(1);
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
});

test('a server with start "eager" starts at once whatever is remembered [start.eager]', async () => {
  const { starts, again } = await learnt();
  const gateway = await again({ start: 'eager' });
  await gateway.process.logged(/server ready/);
  expect(starts()).toBe(2);
});

test('without a memory every server starts at once, lazy ones too [start.unknown]', async () => {
  const { file, events } = journal();
  const gateway = await startGateway({ config: { u: local({ journal: file }, { start: 'lazy' }) } });
  expect((await gateway.search('add two numbers')).results[0]?.id).toBe('u::add');
  expect(events('start')).toHaveLength(1);
});

test('a client that can do other things is not told what the server offered to another [memory.clients]', async () => {
  const { config, memory, events } = await learnt();
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: { sampling: {} },
    clientInfo: { name: 'x', version: '1' },
  };
  const session = async () => {
    const gateway = launchGateway({ config, env: memory.env });
    await gateway.process.peer.request('initialize', params);
    gateway.process.peer.notify('notifications/initialized');
    return gateway;
  };
  const first = await session();
  await first.process.logged(/server ready/);
  await first.stop();
  expect(events('start')).toHaveLength(2);
  // It offered the same, so now both clients are known.
  const second = await session();
  const found = await second.process.peer.request('tools/call', { name: 'search', arguments: { query: 'echo' } });
  expect(JSON.stringify(found)).toContain('u::echo');
  await second.stop();
  const third = await startGateway({ config, env: memory.env });
  await third.search('echo');
  await third.stop();
  expect(events('start')).toHaveLength(2);
});

test('lists of resources and prompts come from memory, a read starts the server [memory.lists]', async () => {
  const memory = new SharedCache();
  const { file, events } = journal();
  const config = { u: local({ journal: file, primitives: true }) };
  const lists = ['resources/list', 'resources/templates/list', 'prompts/list'];
  const first = await startGateway({ config, env: memory.env, sdk: 'raw' });
  await first.knows('u::echo');
  const asked = await Promise.all(lists.map((method) => ask(first, method)));
  await first.stop();
  const gateway = await startGateway({ config, env: memory.env, sdk: 'raw' });
  expect(await Promise.all(lists.map((method) => ask(gateway, method)))).toEqual(asked);
  expect(asked[0]?.resources).toHaveLength(2);
  expect(events('start')).toHaveLength(1);
  const read = await ask(gateway, 'resources/read', { uri: 'fixture://shared' });
  expect(read.contents).toMatchObject([{ text: 'fixture read fixture://shared' }]);
  expect(events('start')).toHaveLength(2);
  // Once it runs it is asked.
  const reference = { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'whom', value: 'A' } };
  expect(await ask(gateway, 'completion/complete', reference)).toMatchObject({ completion: { values: ['fixture A'] } });
  expect(await ask(gateway, 'prompts/list')).toEqual(asked[2]);
});

test.each([
  ['prompts/get', { name: 'greet' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'whom', value: 'A' } }],
  ['resources/subscribe', { uri: 'fixture://shared' }],
])('%s starts a server that does not run [start.auto]', async (method, params) => {
  const memory = new SharedCache();
  const { file, events } = journal();
  const config = { u: local({ journal: file, primitives: true }) };
  const first = await startGateway({ config, env: memory.env, sdk: 'raw' });
  await first.knows('u::echo');
  for (const list of ['resources/list', 'prompts/list']) await ask(first, list);
  await first.stop();
  const gateway = await startGateway({ config, env: memory.env, sdk: 'raw' });
  expect(await ask(gateway, method, params)).toBeDefined();
  expect(events('start')).toHaveLength(2);
});

test('a list that nobody ever asked for is asked for, of a server that does not run too [memory.lists]', async () => {
  const { starts, again } = await learnt({ primitives: true });
  const gateway = await again();
  expect((await ask(gateway, 'resources/list')).resources).toHaveLength(2);
  expect(starts()).toBe(2);
});

test('the log level reaches a server that starts later [start.settings]', async () => {
  const { events, again } = await learnt();
  const gateway = await again();
  await ask(gateway, 'logging/setLevel', { level: 'warning' });
  await gateway.invoke('u::echo');
  const messages: unknown[] = [];
  gateway.process.peer.onMessage(({ method, params }) => method === 'notifications/message' && messages.push(params));
  await waitUntil(async () => {
    await gateway.invoke('u::log', { text: 'heard' });
    return messages.length > 0;
  });
  expect(events('start')).toHaveLength(2);
});

test('a reload that leaves an entry alone does not start it [start.reload]', async () => {
  const { config, starts, again } = await learnt();
  const gateway = await again();
  gateway.writeConfig({ ...config, other: local() });
  await gateway.knows('other::echo');
  expect(starts()).toBe(1);
});

test('files are for their owner only and hold no secret [memory.private]', async () => {
  const memory = new SharedCache();
  const secret = 'hunter2-hunter2';
  const entry = (options: UpstreamOptions): Entry => local(options, { environment: { API_TOKEN: '{env:SECRET}' } });
  const config = { discreet: entry({}), chatty: entry({ instructions: `Your token is ${secret}.` }) };
  const gateway = await startGateway({ config, env: { ...memory.env, SECRET: secret } });
  await gateway.knows('discreet::echo');
  await gateway.knows('chatty::echo');
  await gateway.stop();
  expect(memory.files()).toHaveLength(2);
  for (const path of memory.files()) {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
  }
  expect(statSync(memory.directory).mode & 0o777).toBe(0o700);
});

test('a file that is corrupt is ignored, and replaced [memory.broken]', async () => {
  const { memory, starts, again } = await learnt();
  memory.rewrite((file) => JSON.stringify(file).slice(0, 500));
  const gateway = await again();
  expect((await gateway.search('add two numbers')).results[0]?.id).toBe('u::add');
  expect(starts()).toBe(2);
  await gateway.stop();
  const third = await again();
  expect((await third.search('add two numbers')).results[0]?.id).toBe('u::add');
  expect(starts()).toBe(2);
});

test('a directory that cannot be written to costs nothing but the memory [memory.broken]', async () => {
  const memory = new SharedCache();
  writeFileSync(join(memory.env.XDG_CACHE_HOME, 'mcp-gateway'), 'a file where the directory should be');
  const gateway = await startGateway({ config: { u: local() }, env: memory.env });
  expect(textOf(await gateway.invoke('u::add', { a: 1, b: 2 }))).toBe('3');
  expect((await gateway.stop()).code).toBe(0);
  expect(gateway.process.tail()).not.toMatch(/uncaught|unhandled/);
});

test('the instructions tell what servers said of themselves [memory.instructions]', async () => {
  const memory = new SharedCache();
  const config = {
    a: local({ instructions: '# Weather for\n sailors and more.' }),
    b: local({ instructions: 'Finds trains. Then says more.' }),
    c: local({ name: 'plain-server', tools: ['add'] }),
    d: local({ instructions: 'Not this.' }, { description: 'What the entry says' }),
  };
  const first = await startGateway({ config, env: memory.env });
  for (const key of Object.keys(config)) await first.knows(`${key}::${key === 'c' ? 'add' : 'echo'}`);
  await first.stop();
  const { instructions } = (await startGateway({ config, env: memory.env })).client;
  expect(instructions).toContain('- a: Weather for\n- b: Finds trains.\n- c: plain-server\n- d: What the entry says');
});

test('another environment, command or address is another server [memory.key]', async () => {
  const { config, memory, starts } = await learnt();
  const changed = { u: { ...config.u, environment: { OTHER: 'yes' } } };
  const gateway = await startGateway({ config: changed, env: memory.env });
  await gateway.knows('u::echo');
  expect(starts()).toBe(2);
  const described = { u: { ...config.u, tags: ['new'], description: 'new' } };
  const third = await startGateway({ config: described, env: memory.env });
  expect((await third.search('echo', { filters: { tags: ['new'] } })).results[0]?.id).toBe('u::echo');
  expect(starts()).toBe(2);
});
