import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorOf, textOf } from '../helpers/clients/results.ts';
import { startGateway } from '../helpers/gateway/gateway.ts';
import { answeringPort, refusedPort, silentPort } from '../helpers/servers/endpoints.ts';
import { type Entry, local, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const node = (script: string): Entry => ({ type: 'local', command: [process.execPath, '-e', script] });
const far = (url: string, rest: object = {}): Entry => ({ type: 'remote', url, oauth: false, ...rest });
const answering = async (status: number, body?: string, type?: string) =>
  far(`http://127.0.0.1:${await answeringPort(status, body, type)}/mcp`);
const host = async (port: Promise<number>) => `127.0.0.1:${await port}`;

function unexecutable(): Entry {
  const file = join(temporaryDirectory(), 'server');
  writeFileSync(file, 'echo hello', { mode: 0o644 });
  return { type: 'local', command: [file] };
}

/** What is wrong with a server, and what must be said of it. */
const FAULTS: Record<string, [() => Entry | Promise<Entry>, RegExp]> = {
  exits: [() => local({ exitAtStart: true }), /exited with code 1; it last said: fixture: refusing to start/],
  'hears nothing': [
    () => ({ type: 'local', command: ['sh', '-c', 'exec 0<&-; sleep 0.1; echo no input >&2; exit 4'] }),
    /exited with code 4; it last said: no input/,
  ],
  throws: [() => node('throw new Error("no database")'), /exited with code 1.*no database/s],
  killed: [() => node('process.kill(process.pid, "SIGKILL")'), /was ended by SIGKILL/],
  'ends without an error': [
    () => node(''),
    /exited with code 0 by itself, without a message: is it an MCP server over stdio/,
  ],
  'not found': [() => ({ type: 'local', command: ['no-such-program'] }), /"no-such-program" was not found on PATH/],
  'not executable': [unexecutable, /is not executable/],
  'no cwd': [() => local({}, { cwd: '/no/such/place' }), /its cwd \/no\/such\/place does not exist/],
  refuses: [async () => far(`http://${await host(refusedPort())}/mcp`), /ECONNREFUSED/],
  'refuses SSE': [async () => far(`http://${await host(refusedPort())}/sse`, { transport: 'sse' }), /ECONNREFUSED/],
  'refuses WebSocket': [async () => far(`ws://${await host(refusedPort())}/mcp`), /ECONNREFUSED/],
  'no host': [() => far('http://no-such-host.invalid/mcp'), /no-such-host\.invalid/],
  '401': [() => answering(401), /HTTP 401/],
  '403': [() => answering(403), /HTTP 403/],
  '404': [() => answering(404), /HTTP 404/],
  '500': [() => answering(500, 'out of memory'), /HTTP 500/],
  '401 WebSocket': [async () => far(`ws://${await host(answeringPort(401))}/mcp`), /401/],
  HTML: [() => answering(200, '<html><body>Welcome</body></html>', 'text/html'), /text\/html/],
};

test('servers that cannot be started or reached are named with the cause, and disturb nobody [faults.start]', async () => {
  const config: Record<string, Entry> = { good: local({ tools: ['add'] }) };
  for (const [name, [entry]] of Object.entries(FAULTS)) config[name] = await entry();
  const gateway = await startGateway({ config });
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  for (const [name, [, cause]] of Object.entries(FAULTS)) {
    const refused = async () => errorOf(await gateway.invoke(`${name}::anything`));
    const text = await waitUntil(async () => (await refused().then((said) => /is failing/.test(said) && said)) || null);
    expect.soft(text, name).toContain(`server "${name}"`);
    expect.soft(text, name).toMatch(cause);
    const { unavailable } = await gateway.search('add', { filters: { server: name } });
    expect.soft(unavailable, name).toMatchObject([{ server: name, error: expect.stringMatching(cause) }]);
  }
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 2 }))).toBe('3');
});

test('servers that say nothing hold up nobody, and a late list arrives [faults.silent]', async () => {
  const permission = join(temporaryDirectory(), 'permission');
  const silent = {
    never: local({ neverInitialize: true }),
    stopped: node('process.kill(process.pid, "SIGSTOP")'),
    http: far(`http://${await host(silentPort())}/mcp`),
    sse: far(`http://${await host(silentPort())}/sse`, { transport: 'sse' }),
    socket: far(`ws://${await host(silentPort())}/mcp`),
    late: local({ listAfter: permission, tools: ['add'] }),
  };
  const gateway = await startGateway({ config: { ...silent, good: local({ tools: ['add'] }) } });
  expect(await gateway.client.listTools()).toHaveLength(5);
  expect(textOf(await gateway.invoke('good::add', { a: 1, b: 1 }))).toBe('2');
  const { results, unavailable } = await gateway.search('add two numbers');
  expect(results.map(({ id }) => id)).toEqual(['good::add']);
  for (const server of Object.keys(silent)) {
    expect(unavailable).toContainEqual({ server, state: 'connecting' });
    expect(errorOf(await gateway.call('invoke', { id: `${server}::add`, timeoutMs: 50 }))).toContain(server);
  }
  writeFileSync(permission, '');
  await gateway.knows('late::add');
  expect(textOf(await gateway.invoke('late::add', { a: 2, b: 2 }))).toBe('4');
});

test('a search that would find nothing waits longer for servers that start, and says when it gave up [search.first-hit]', async () => {
  const permission = join(temporaryDirectory(), 'permission');
  const config = {
    good: local({ tools: ['add'] }),
    late: local({ listAfter: permission, tools: ['sleep'] }),
    never: local({ neverInitialize: true }),
  };
  const gateway = await startGateway({ config });
  const [late, nothing] = ['late', 'never'].map((server) => gateway.search('sleep', { filters: { server } }));
  const order: string[] = [];
  const note = (name: string) => () => order.push(name);
  const noted = Promise.all([late?.then(note('late')), nothing?.then(note('nothing'))]);
  const found = await gateway.search('add two numbers');
  expect(found.results.map(({ id }) => id)).toEqual(['good::add']);
  expect(found.hint).toBeUndefined();
  // That took as long as a search waits that finds something; the others still wait.
  expect(order).toEqual([]);
  writeFileSync(permission, '');
  expect((await late)?.results.map(({ id }) => id)).toEqual(['late::sleep']);
  expect(await nothing).toMatchObject({ found: 0, hint: expect.stringMatching(/still starting; search again/) });
  await noted;
  expect(order).toEqual(['late', 'nothing']);
});
