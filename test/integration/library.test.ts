import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { type ConfigObject, Gateway, GatewayError, loadConfig } from '../../src/lib.ts';
import { local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

/** The package as a program imports it. */
const LIB = new URL('../../dist/lib.js', import.meta.url).href;

/** A gateway in this process, from a plain object; stopped when the test ends. */
function gatewayOf(config: ConfigObject): Gateway {
  const gateway = new Gateway(config);
  onTestFinished(() => gateway.stop());
  return gateway;
}

const NOBODY = { auth: { strategy: 'none' } };

async function api(gateway: Gateway, path: string, body?: object): Promise<JsonObject> {
  const post = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await gateway.fetch(new Request(`http://127.0.0.1/api/v1${path}`, post));
  return { status: response.status, ...((await response.json()) as JsonObject) };
}

test('a plain object is a configuration, and ready says who is missing [library.object, library.ready]', async () => {
  const servers = {
    a: local({ tools: ['echo'], initDelayMs: 300, sdk: 'raw' }),
    gone: local({ exitAtStart: true }),
    wrong: { type: 'local' },
  };
  const gateway = gatewayOf({ ...NOBODY, mcpServers: servers });
  const missing = await gateway.ready();
  expect(missing.map(({ id }) => id)).toEqual(['gone', 'wrong']);
  expect(missing[0]?.error).toMatch(/exited/);
  expect(missing[1]?.error).toMatch(/mcpServers\.wrong/);
  expect(gateway.servers().find(({ id }) => id === 'a')).toMatchObject({ status: 'ready', tools: 1 });
  expect(() => gateway.watch()).toThrow(/given as an object/);
  gateway.reload({ servers: [{ id: 'b', ...local({ tools: ['pid'] }) }] });
  expect(await gateway.ready()).toEqual([]);
  expect(gateway.servers().map(({ id, tools }) => [id, tools])).toEqual([['b', 1]]);
});

test('ready gives up on servers that do not answer in time', async () => {
  const gateway = gatewayOf({ mcpServers: { never: local({ neverInitialize: true }) } });
  expect(await gateway.ready({ timeoutMs: 50 })).toMatchObject([{ id: 'never', status: 'connecting' }]);
});

test.each([null, 'text', ['a'], undefined])('no configuration: %j [library.object]', (written) => {
  expect(() => new Gateway(written as unknown as ConfigObject)).toThrow(
    /^new Gateway: found .*, expected a configuration/,
  );
});

test.each<[string, unknown, RegExp]>([
  [
    'a promise',
    loadConfig(new URL(import.meta.url)).catch(() => {}),
    /found a Promise, .*; await it: new Gateway\(await/,
  ],
  ['a URL', new URL('file:///none.json'), /found a URL, expected a configuration/],
  ['a map', new Map(), /found a Map, expected a configuration/],
  ['a map of servers', { servers: new Map([['a', {}]]) }, /servers: found a Map, expected what a file can hold/],
  ['a promise of servers', { mcpServers: Promise.resolve({}) }, /mcpServers: found a Promise, .*await it/],
  ['a URL of a server', { mcpServers: { a: { url: new URL('http://h') } } }, /mcpServers\.a\.url: found a URL/],
  ['a function', { servers: [{ id: 'a', command: ['x'], log: () => {} }] }, /servers\[0\]\.log: found a function/],
])('no configuration: %s, told with its place [library.object]', (_, written, message) => {
  const make = () => new Gateway(written as ConfigObject);
  expect(make).toThrow(GatewayError);
  expect(make).toThrow(message);
});

test('an object of any origin is a configuration; one without servers is no file without a name [library.object]', async () => {
  const servers = [{ id: 'a', ...local({ tools: ['echo'] }) }];
  class Mine {
    servers = servers;
  }
  const bare: ConfigObject = Object.assign(Object.create(null), { servers });
  const frozen = Object.freeze({ servers: Object.freeze(servers) });
  for (const config of [new Mine() as unknown as ConfigObject, bare, frozen]) {
    const gateway = gatewayOf(config);
    await gateway.ready();
    expect(gateway.servers()).toMatchObject([{ id: 'a', tools: 1 }]);
  }
  const call = await api(gatewayOf({ ...NOBODY, servers: [] }), '/tools/call', { tool: 'slow::echo' });
  expect(call.detail).toMatch(/no server "slow"; The object given as configuration has no server\.$/);
});

test('loadConfig takes a path or the URL of a file, and says so of others [library.missing]', async () => {
  const path = join(temporaryDirectory(), 'a b.json');
  writeFileSync(path, '{}');
  for (const given of [path, pathToFileURL(path), pathToFileURL(path).href])
    expect((await loadConfig(given)).path).toBe(path);
  for (const given of [5, null, new URL('https://h/x.json'), Promise.resolve(path)])
    await expect(loadConfig(given as unknown as string)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^loadConfig: found .*, expected a path, or a file: URL$/),
    });
});

test('for a program a missing file is an error; one that is there is read [library.missing]', async () => {
  const path = join(temporaryDirectory(), 'config.json');
  const error: unknown = await loadConfig(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GatewayError);
  expect(error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/no such file.*mcp-gateway init/),
  });
  expect((error as GatewayError).message).toContain(path);
  writeFileSync(path, '{}');
  expect((await loadConfig(path)).servers).toEqual([]);
});

test('at a cold start lists and bare names wait for the servers, and say who is missing [library.cold, http.api-ids]', async () => {
  const slow = { initDelayMs: 500, sdk: 'raw' } as const;
  const mcpServers = {
    a: local({ tools: ['echo'], ...slow }),
    b: local({ tools: ['echo', 'pid'], ...slow }),
    gone: local({ exitAtStart: true }),
  };
  const gateway = gatewayOf({ ...NOBODY, mcpServers });
  // All at once, before any server is up.
  const [all = {}, own, twice, unsure, sure] = await Promise.all([
    api(gateway, '/tools'),
    api(gateway, '/tools?server=b'),
    api(gateway, '/tools/call', { tool: 'echo' }),
    api(gateway, '/tools/call', { tool: 'pid' }),
    api(gateway, '/tools/call', { tool: 'pid', server: 'b' }),
  ]);
  expect((all.tools as JsonObject[]).map(({ id }) => id)).toEqual(['a::echo', 'b::echo', 'b::pid']);
  // It is tried again and again: both are true of it in turn.
  const state = expect.stringMatching(/^(?:failing|connecting)$/);
  expect(all).toMatchObject({ found: 3, unavailable: [{ server: 'gone', state }] });
  expect(own).toMatchObject({ found: 2 });
  expect(own).not.toHaveProperty('unavailable');
  expect(twice).toMatchObject({ status: 409, candidates: ['a::echo', 'b::echo'] });
  expect(unsure).toMatchObject({ status: 409, candidates: ['b::pid'], unavailable: [{ server: 'gone' }] });
  expect(sure).toMatchObject({ status: 200, content: [{ type: 'text' }] });
});

test('a server on its first way up cannot be called yet, one whose tools are remembered can [library.ready, http.health]', async () => {
  const health = async (gateway: Gateway) => (await gateway.fetch(new Request('http://gateway/health'))).json();
  const never = gatewayOf({ ...NOBODY, mcpServers: { u: local({ neverInitialize: true }) } });
  await never.start({ listen: false });
  expect(never.servers()).toMatchObject([{ id: 'u', status: 'connecting', available: false }]);
  expect(await api(never, '/servers/u')).toMatchObject({ status: 'connecting', available: false });
  expect(await health(never)).toEqual({ status: 'unavailable', reasons: ['u is connecting'] });

  const cacheDirectory = temporaryDirectory();
  const config = { ...NOBODY, mcpServers: { u: local({ tools: ['pid'], initDelayMs: 1_000 }) } };
  const first = new Gateway(config, { cacheDirectory });
  expect(await first.ready()).toEqual([]);
  await first.stop();
  const second = new Gateway(config, { cacheDirectory });
  onTestFinished(() => second.stop());
  await second.start({ listen: false });
  expect(second.servers()).toMatchObject([{ status: 'idle', available: true }]);
  const called = api(second, '/tools/call', { tool: 'u::pid' });
  await waitUntil(() => second.servers()[0]?.status !== 'idle', { what: 'the call starts it' });
  expect(second.servers()).toMatchObject([{ status: 'connecting', available: true }]);
  expect(await health(second)).toEqual({ status: 'ok' });
  expect(await called).toMatchObject({ status: 200 });
});

test('over REST too, a server that is switched off is told so, one that is denied is unknown [library.disabled]', async () => {
  const off = local({ tools: ['pid'] }, { enabled: false });
  const gateway = gatewayOf({
    ...NOBODY,
    permissions: [
      { server: ['hidden', 'gone'], action: 'deny' },
      { tags: ['secret'], action: 'deny' },
    ],
    mcpServers: {
      ...{ here: local({ tools: ['pid'] }), off, hidden: off, gone: local({ tools: ['pid'] }) },
      tagged: local({ tools: ['pid'] }, { tags: ['secret'] }),
    },
  });
  expect(await gateway.ready()).toHaveLength(4);
  const told = 'server "off" is disabled; to switch it on, have the user run: mcp-gateway enable off';
  const asked = (server: string) => [
    api(gateway, '/tools/call', { tool: `${server}::pid` }),
    api(gateway, '/tools/call', { tool: 'pid', server }),
    api(gateway, '/jobs', { tool: `${server}::pid` }),
    api(gateway, `/tools/${encodeURIComponent(`${server}::pid`)}`),
  ];
  for (const answer of await Promise.all(asked('off')))
    expect(answer).toMatchObject({ status: 404, code: 'TOOL_NOT_FOUND', detail: `no tool "off::pid"; ${told}` });
  for (const server of ['hidden', 'gone', 'tagged', 'nowhere'])
    for (const answer of await Promise.all(asked(server)))
      expect(answer.detail).toMatch(new RegExp(`^no tool "${server}::pid"; there is no server "${server}"; `));
  for (const query of ['', '&q=process'])
    expect(await api(gateway, `/tools?server=off&server=her&server=hidden${query}`)).toMatchObject({
      found: 0,
      hint: `${told}\nthere is no server "her"; did you mean "here"?\nthere is no server "hidden"`,
    });
  expect(await api(gateway, '/tools?server=here')).not.toHaveProperty('hint');
});

/** A port of this machine that is taken until the test ends, or `free` is called. */
async function takenPort(): Promise<{ port: number; free: () => Promise<unknown> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const free = () => new Promise((closed) => server.close(closed));
  onTestFinished(() => void server.close());
  return { port: (server.address() as { port: number }).port, free };
}

test('a start that cannot listen starts no server, and can be repeated [library.start-fails]', async () => {
  const { port, free } = await takenPort();
  const journal = join(temporaryDirectory(), 'journal');
  const mcpServers = { u: local({ tools: ['pid'], journal }) };
  const gateway = gatewayOf({ ...NOBODY, port, mcpServers });
  await expect(gateway.start()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('is taken'),
  });
  expect([gateway.url, gateway.servers()]).toEqual([undefined, []]);
  for (const host of ['192.0.2.1', 'no-such-host.invalid']) {
    const elsewhere = gatewayOf({ ...NOBODY, host, port: 0, mcpServers });
    await expect(elsewhere.start(), host).rejects.toThrow();
    expect(elsewhere.servers(), host).toEqual([]);
  }
  expect(existsSync(journal), 'no process of a server has begun').toBe(false);
  await free();
  await gateway.start();
  expect(gateway.url).toBe(`http://127.0.0.1:${port}`);
  expect(await gateway.ready()).toEqual([]);
  expect((await fetch(`${gateway.url}/api/v1/tools/call`, callOf('u::pid'))).status).toBe(200);
});

test('servers that ran before a start that cannot listen run on [library.start-fails]', async () => {
  const { port } = await takenPort();
  const gateway = gatewayOf({ ...NOBODY, port, mcpServers: { u: local({ tools: ['pid'] }) } });
  expect(await gateway.ready()).toEqual([]);
  await expect(gateway.start()).rejects.toThrow('is taken');
  const answer = await gateway.fetch(new Request('http://gateway/api/v1/tools/call', callOf('u::pid')));
  expect(answer.status).toBe(200);
});

test('a program whose start has failed ends by itself [library.start-fails]', async () => {
  const { port } = await takenPort();
  const config = { ...NOBODY, port, mcpServers: { u: local({ tools: ['pid'] }) } };
  const program = `
    import { Gateway } from ${JSON.stringify(LIB)};
    const gateway = new Gateway(${JSON.stringify(config)});
    await gateway.start().catch((error) => console.log(error.code));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
  });
  expect(stdout).toBe('CONFIG_INVALID\n');
});

function callOf(tool: string): RequestInit {
  const body = JSON.stringify({ tool, arguments: {} });
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body };
}
