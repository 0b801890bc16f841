import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { local } from '../helpers/servers/fixture.ts';
import { removeFolder } from '../helpers/system/folders.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const KEY = 'a-key-of-the-test';

/** A project with nothing but the packed package installed. */
let project = '';

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-gateway-library-'));
  project = join(folder, 'project');
  mkdirSync(project);
  // The tests' global setup has built; a build by `prepack` would pull dist away from under the other test files.
  const [pack] = JSON.parse(run(ROOT, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder));
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run(project, 'npm', 'install', '--offline', join(folder, pack.filename));
  // JSON is YAML too.
  const auth = { strategy: 'api-key', apiKeys: [{ key: KEY, id: 'me' }] };
  const servers = [{ id: 'fixture', ...local({ tools: ['echo'] }) }];
  write('mcp-gateway.yml', JSON.stringify({ port: 0, auth, servers }));
  return () => removeFolder(folder);
}, 60_000);

/** What follows asks over `ask`, a function from a path and a request to an answer. */
const QUESTIONS = `
const headers = { authorization: 'Bearer ${KEY}', 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'embedded', version: '1' } };
const initialize = { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }) };
const call = { method: 'POST', headers, body: JSON.stringify({ tool: 'fixture::echo', arguments: { text: 'hello' } }) };
const refused = await ask('/mcp', { ...initialize, headers: { ...headers, authorization: 'Bearer wrong' } });
const greeted = await ask('/mcp', initialize);
const { result } = await greeted.json();
const called = await (await ask('/api/v1/tools/call', call)).json();
const said = [refused.status, greeted.status, result.serverInfo.name, greeted.headers.has('mcp-session-id'), called.content[0].type];
console.log(JSON.stringify([gateway.url, said, gateway.servers().map(({ id, status, tools }) => [id, status, tools])]));`;

const SAID = [401, 200, 'mcp-gateway', true, 'text'];
const SERVERS = [['fixture', 'ready', 1]];

test('new Gateway(await loadConfig(…)), start and stop: it listens, and leaves nothing that keeps the process alive [http.library]', () => {
  const [url, said, servers] = embedded(
    'listening.js',
    `import { Gateway, loadConfig } from 'mcp-gateway';
const gateway = new Gateway(await loadConfig('./mcp-gateway.yml')); await gateway.start();
const ask = (path, request) => fetch(gateway.url + path, request);
const { url } = gateway;
${QUESTIONS}
await gateway.stop();
const gone = await fetch(url).then(() => 'still there', () => 'gone');
if (gone !== 'gone') throw new Error(gone);`,
  );
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  expect({ said, servers }).toEqual({ said: SAID, servers: SERVERS });
});

test.each([
  ['after start({listen: false})', 'await gateway.start({ listen: false });'],
  ['without a start', ''],
])('gateway.fetch answers without a socket %s [http.library]', (_way, start) => {
  const [url, said, servers] = embedded(
    'fetching.js',
    `import net from 'node:net';
// A socket that is listened on would be a failure.
net.Server.prototype.listen = () => { throw new Error('listen was called'); };
const { Gateway, loadConfig } = await import('mcp-gateway');
const gateway = new Gateway(await loadConfig('./mcp-gateway.yml'));
${start}
const ask = (path, request) => gateway.fetch(new Request('http://x' + path, request));
${QUESTIONS}
await gateway.stop();`,
  );
  expect(url).toBeNull();
  expect({ said, servers }).toEqual({ said: SAID, servers: SERVERS });
});

test('a gateway that serves a client over streams does not listen, and says so when it is told to [http.library]', () => {
  const said = embedded(
    'streams.js',
    `import { PassThrough } from 'node:stream';
import { Gateway, loadConfig } from 'mcp-gateway';
const gateway = new Gateway(await loadConfig('./mcp-gateway.yml'));
const input = new PassThrough();
const served = gateway.serveStdio(input, new PassThrough());
await gateway.start();
const refused = await gateway.start({ listen: true }).catch(({ code, message }) => [code, message]);
console.log(JSON.stringify([gateway.url ?? null, ...refused]));
input.end();
await served;
await gateway.stop();`,
  );
  expect(said).toEqual([null, 'CONFIG_INVALID', expect.stringContaining('take another one for the other')]);
});

test('the types of both compile for a strict consumer [http.library]', () => {
  write(
    'consumer.ts',
    `import { Gateway, loadConfig, type ServerView, type StartOptions } from 'mcp-gateway';
     const gateway = new Gateway(await loadConfig('./mcp-gateway.yml')); await gateway.start();
     const options: StartOptions = { listen: false };
     await gateway.start(options);
     const response: Response = await gateway.fetch(new Request('http://x/mcp', { method: 'POST', body: '{}' }));
     const url: string | undefined = gateway.url;
     const servers: readonly ServerView[] = gateway.servers();
     export const line = (server: ServerView): string => server.id + server.status + server.tools + (server.error ?? '');
     console.log(response.status, url, servers.map(line), gateway.settings.http.maxSessions);
     await gateway.stop();
     // @ts-expect-error: a flag, not a port
     await gateway.start({ listen: 4000 });
     // @ts-expect-error: absent or a boolean, as exactOptionalPropertyTypes has it
     await gateway.start({ listen: undefined });
     // @ts-expect-error: a Request, not an address
     await gateway.fetch('http://x/mcp');`,
  );
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'];
  const target = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023', '--noEmit'];
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  expect(run(project, tsc, ...strict, ...target, ...types, '--ignoreConfig', 'consumer.ts')).toBe('');
});

/** Runs a module within the project; what it prints, as JSON. It has to end by itself. */
function embedded(file: string, source: string): unknown[] {
  write(file, source);
  return JSON.parse(run(project, process.execPath, file));
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

/** Standard output of a command; throws with everything it wrote when it fails. */
function run(cwd: string, file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}
