import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { serveHttp } from '../helpers/clients/http-clients.ts';
import { errorOf, jsonOf, textOf } from '../helpers/clients/results.ts';
import { NO, notes, person, startWithPermissions } from '../helpers/gateway/permissions.ts';
import { journal, local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const DENY = [{ id: 'u::delete_*', action: 'deny' }];

async function rest(address: string, path: string, body?: object): Promise<{ status: number; body: JsonObject }> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${address}/api/v1${path}`, body && post);
  return { status: response.status, body: (await response.json()) as JsonObject };
}

test('what is denied is unknown: to search, describe, invoke and REST alike [permissions.deny]', async () => {
  const { address, connect } = await serveHttp({ permissions: DENY }, { u: notes() });
  const client = await connect();
  const said = [
    await client.callTool('search', { query: 'delete note' }),
    await client.callTool('search', { filters: { server: 'u' } }),
    (await rest(address, '/tools')).body,
    (await rest(address, '/tools?q=note')).body,
  ];
  for (const answer of said) {
    expect(JSON.stringify(answer)).toContain('u::add_note');
    expect(JSON.stringify(answer)).not.toContain('delete_note');
  }
  for (const metaTool of ['describe', 'invoke', 'invoke_async']) {
    const unknown = errorOf(await client.callTool(metaTool, { id: 'u::delete_note' }));
    const never = errorOf(await client.callTool(metaTool, { id: 'u::delete_nothing' }));
    expect(unknown).toMatch(/^no tool "u::delete_note"; did you mean/);
    expect(unknown.replace('_note"', '_nothing"').split(';')[0]).toBe(never.split(';')[0]);
    expect(unknown).not.toMatch(/delete_note.*delete_note/);
  }
  expect((await rest(address, '/tools/u::delete_note')).status).toBe(404);
  expect((await rest(address, '/tools/call', { tool: 'delete_note' })).status).toBe(404);
  expect((await rest(address, '/servers')).body).toMatchObject({ servers: [{ id: 'u', tools: 5 }] });
});

test('a word that only hidden tools use is not offered for a misspelt one [permissions.deny]', async () => {
  const definitions = [{ name: 'obliterate', inputSchema: { type: 'object' } }];
  const permissions = [{ tool: 'obliterate', action: 'deny' }];
  const { connect } = await serveHttp({ permissions }, { u: local({ tools: ['echo'], definitions }) });
  const answer = jsonOf(await (await connect()).callTool('search', { query: 'oblitrate' }));
  expect(answer).toEqual({ found: 0, results: [], servers: ['u'] });
});

test('a server that is denied as a whole is not started, and nothing of it is known [permissions.deny-server, invoke.unknown-server]', async () => {
  const { file, events } = journal();
  const hidden = notes(['echo'], { journal: file, primitives: true, instructions: 'the hidden one' });
  const rules = [{ server: 'h*', action: 'deny' }];
  const { connect } = await serveHttp({ permissions: rules }, { hidden, u: notes(['echo'], { primitives: true }) });
  const client = await connect();
  const servers = jsonOf<{ servers: { server: string }[] }>(await client.callTool('search', {}));
  expect(servers.servers.map(({ server }) => server)).toEqual(['u']);
  for (const [server, tool] of [
    ['hidden', 'echo'],
    ['nowhere', 'echo'],
  ]) {
    const text = errorOf(await client.invoke(`${server}::${tool}`));
    expect(text).toMatch(new RegExp(`^no tool "${server}::${tool}"; there is no server "${server}"; `));
  }
  expect(JSON.stringify(await client.request('resources/list', {}))).not.toContain('hidden');
  expect(events()).toEqual([]);
});

test('resources and prompts of a server go with the first rule about the server as a whole [permissions.deny-server, invoke.unknown-server]', async () => {
  const rules = [
    { id: 'u::echo', action: 'allow' },
    { server: 'v', tool: '*', action: 'deny' },
    { server: 'u', action: 'deny' },
  ];
  const entry = notes(['echo'], { primitives: true });
  const { connect } = await serveHttp({ permissions: rules }, { u: entry, v: entry });
  const client = await connect();
  expect(textOf(await client.invoke('u::echo', { text: 'here' }))).toContain('here');
  for (const id of ['u::add_note', 'v::echo']) expect(errorOf(await client.invoke(id))).toMatch(/^no tool/);
  const [all, none] = await Promise.all([listsOf({ u: entry, v: entry }, []), listsOf({ u: entry, v: entry }, rules)]);
  expect(none.resources.length).toBeGreaterThan(0);
  expect(none.resources).toHaveLength(all.resources.length / 2);
  expect(none.prompts).toHaveLength(all.prompts.length / 2);
});

async function listsOf(entries: JsonObject, permissions: object[]) {
  const client = await (await serveHttp({ permissions }, entries)).connect();
  const { resources } = await client.request('resources/list', {});
  const { prompts } = await client.request('prompts/list', {});
  return { resources: resources as unknown[], prompts: prompts as unknown[] };
}

test('rules that are edited count at once [permissions.reload]', async () => {
  const { connect, write } = await serveHttp({}, { u: notes() });
  const client = await connect({ capabilities: { elicitation: {} }, answer: person(NO) });
  const answer = async () => {
    const result = await client.invoke('u::delete_note');
    return result.isError ? textOf(result).slice(0, 40) : 'called';
  };
  expect(await answer()).toBe('called');
  write({ permissions: DENY });
  await waitUntil(async () => (await answer()).startsWith('no tool'));
  write({ permissions: [{ tool: '*', action: 'ask' }] });
  await waitUntil(async () => (await answer()).startsWith('u::delete_note was not called'));
  write({ permissions: [] });
  await waitUntil(async () => (await answer()) === 'called');
});

test('over REST there is nobody to ask: refused, and in the request log and the metrics [permissions.rest, permissions.recorded]', async () => {
  const permissions = [{ destructiveHint: true, tool: '*_note', action: 'ask' }];
  const { address } = await serveHttp({ permissions }, { u: notes() });
  const { status, body } = await rest(address, '/tools/call', { tool: 'u::delete_note', arguments: {} });
  expect({ status, code: body.code }).toEqual({ status: 403, code: 'FORBIDDEN' });
  expect(body.detail).toMatch(/permissions\[0\].*a person to be asked first/);
  expect((await rest(address, '/jobs', { tool: 'u::delete_note' })).status).toBe(403);
  expect((await rest(address, '/tools/call', { tool: 'u::add_note' })).status).toBe(200);
  const log = JSON.stringify((await rest(address, '/requests')).body);
  expect(log.match(/"FORBIDDEN"/g)).toHaveLength(2);
  expect(await (await fetch(`${address}/metrics`)).text()).toMatch(/FORBIDDEN/);
});

test('whoever is refused does not start the server [permissions.before-start]', async () => {
  const { file, events } = journal();
  const folder = temporaryDirectory();
  const path = join(folder, 'config.json');
  const $gateway = { permissions: [{ tool: 'delete_note', action: 'ask' }] };
  writeFileSync(path, JSON.stringify({ $gateway, u: notes(['echo'], { journal: file }) }));
  const started = async () => {
    const gateway = new Gateway(await loadConfig(path), { cacheDirectory: folder });
    onTestFinished(() => gateway.stop());
    await gateway.start({ listen: false });
    return gateway;
  };
  const first = await started();
  await first.settled(20_000);
  await first.stop();
  const before = events('start').length;
  expect(before).toBe(1);
  const second = await started();
  const call = (tool: string) =>
    second.fetch(
      new Request('http://gateway/api/v1/tools/call', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ tool: `u::${tool}` }),
      }),
    );
  expect((await call('delete_note')).status).toBe(403);
  expect(second.servers()).toMatchObject([{ id: 'u', status: 'idle' }]);
  expect((await call('add_note')).status).toBe(200);
  expect(events('start')).toHaveLength(2);
});

test('a broken rule stops what it may concern, and search says what is wrong with it [permissions.broken]', async () => {
  const permissions = [
    { tol: 'delete_*', server: 'u', action: 'ask' },
    { tool: 'add_note', action: 'deny' },
  ];
  const { client } = await startWithPermissions('stdio v1', permissions, { answer: person(NO) });
  expect(errorOf(await client.invoke('u::echo'))).toContain('the person refused it');
  expect(errorOf(await client.invoke('u::add_note'))).toMatch(/^no tool/);
  const { hint } = jsonOf(await client.callTool('search', { query: 'note' }));
  expect(hint).toMatch(
    /\$gateway\.permissions\[0\]: unknown key "tol", did you mean "tool"\?; until then a person is asked/,
  );
});
