import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { type ConfigObject, Gateway, GatewayError, loadConfig } from '../../src/lib.ts';
import { local, temporaryDirectory } from '../helpers/fixture.ts';

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
