import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { textOf } from '../helpers/clients/results.ts';
import { projectFiles } from '../helpers/command-line/project.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../helpers/gateway/gateway.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { onLines } from '../helpers/system/lines.ts';
import { waitUntil } from '../helpers/system/processes.ts';

type Files = ReturnType<typeof projectFiles>;

/** A gateway as a client starts it in the project. */
function startIn(files: Files, options: GatewayOptions = {}): Promise<Gateway> {
  return startGateway({ cwd: files.cwd, args: [], env: { ...files.env, XDG_CACHE_HOME: undefined }, ...options });
}

/** A server that leaves a file when it runs. */
function leaving(file: string): JsonObject {
  const script = `require('node:fs').writeFileSync(${JSON.stringify(file)}, '');process.stdin.resume()`;
  return { command: [process.execPath, '-e', script], start: 'eager' };
}

/** A server on a port that keeps the paths of all requests. */
async function visits(): Promise<{ url: string; paths: readonly string[] }> {
  const paths: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    paths.push(url);
    response.writeHead(404).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

const hintOf = async (gateway: Gateway) => String((await gateway.search('echo')).hint ?? '');

async function hints(gateway: Gateway, pattern: RegExp): Promise<void> {
  await waitUntil(async () => pattern.test(await hintOf(gateway)), { what: `the hint is ${pattern}` });
}

test('nothing of an unconfirmed file runs, is connected to or counts; it is named with the command [project.unconfirmed]', async () => {
  const files = projectFiles({ mine: local() });
  const left = join(files.home, 'left');
  const visited = await visits();
  const file = files.writeProject({
    evil: leaving(left),
    mine: leaving(left),
    far: { url: `${visited.url}/?home=\${HOME}`, start: 'eager' },
    $gateway: { expose: { prompts: false } },
  });
  const gateway = await startIn(files);
  expect(textOf(await gateway.invoke('mine::add', { a: 1, b: 1 }))).toBe('2');
  const answer = await gateway.search('');
  expect(answer).toMatchObject({ found: 1, servers: [{ server: 'mine' }] });
  expect(answer.unavailable).toBeUndefined();
  expect(answer.hint).toContain(`mcp-gateway allow ${file}`);
  const line = await gateway.process.logged(/has no effect/);
  expect(line).toMatchObject({ level: 'warning', message: expect.stringContaining(`mcp-gateway allow ${file}`) });
  expect(gateway.process.tail()).not.toMatch(/evil|far/);
  expect((await gateway.client.listTools()).length).toBe(5);
  expect([existsSync(left), visited.paths]).toEqual([false, []]);
  // The very same file has effect once it is confirmed: what was expected above could have been otherwise.
  await files.allow();
  await waitUntil(() => existsSync(left) && visited.paths.length > 0, { what: 'the servers are used' });
  expect(visited.paths[0]).toBe(`/?home=${files.home}`);
});

test('a running gateway takes over an allow and a disallow of the command line [project.follow, project.merge]', async () => {
  const files = projectFiles({ mine: local() });
  files.writeProject({ shop: local() });
  const gateway = await startIn(files);
  const pid = textOf(await gateway.invoke('mine::pid'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [BIN, ...args], {
      cwd: files.cwd,
      env: { PATH: process.env.PATH, ...files.env },
      encoding: 'utf8',
    });
  expect(run('allow')).toMatchObject({ status: 1, stdout: expect.stringContaining('Nothing was confirmed') });
  expect(run('allow', '--yes')).toMatchObject({ status: 0, stderr: '' });
  await gateway.knows('shop::echo');
  expect(textOf(await gateway.invoke('mine::pid'))).toBe(pid);
  expect(await hintOf(gateway)).toBe('');
  expect(run('disallow')).toMatchObject({ status: 0, stderr: '' });
  await gateway.forgets('shop::echo');
  expect(await hintOf(gateway)).toBe('');
  expect(textOf(await gateway.invoke('mine::pid'))).toBe(pid);
});

test('a confirmed file is in effect from the start; its servers run in its directory [project.merge]', async () => {
  const files = projectFiles({ mine: local(), gone: local() });
  const { file, events } = journal();
  files.writeProject({ shop: local({ journal: file, name: 'shop' }), gone: { enabled: false } });
  await files.allow();
  const gateway = await startIn({ ...files, cwd: join(files.write('code/shop/src/a', ''), '..') });
  await gateway.knows('shop::echo');
  expect(events('start')).toMatchObject([{ name: 'shop', cwd: files.cwd }]);
  const { servers } = await gateway.search('');
  expect(servers).toMatchObject([{ server: 'mine' }, { server: 'shop' }]);
  expect(gateway.logs.filter(({ level }) => level === 'warning')).toEqual([]);
});

test('an edit waits for its confirmation while what was confirmed goes on; a broken one too [project.changed, project.follow]', async () => {
  const files = projectFiles();
  const left = join(files.home, 'left');
  files.writeProject({ shop: local() });
  await files.allow();
  const gateway = await startIn(files);
  const pid = textOf(await gateway.invoke('shop::pid'));
  files.writeProject({ shop: leaving(left), more: leaving(left) });
  await hints(gateway, /has changed.*mcp-gateway allow/);
  await gateway.process.logged(/has changed/);
  files.writeProject('{ broken');
  writeFileSync(files.config, '{}');
  expect(textOf(await gateway.invoke('shop::pid'))).toBe(pid);
  const restarted = await startIn(files);
  await restarted.knows('shop::echo');
  expect(await hintOf(restarted)).toMatch(/has changed/);
  expect(existsSync(left)).toBe(false);
  files.writeProject({ more: local() });
  await files.allow();
  for (const each of [gateway, restarted]) {
    await each.knows('more::echo');
    await each.forgets('shop::echo');
    expect(await hintOf(each)).toBe('');
  }
});

test('a file that appears, vanishes, or is outdone by a nearer one is noticed [project.follow, project.found]', async () => {
  const files = projectFiles();
  const gateway = await startIn(files);
  const outer = files.write('code/.mcp-gateway.jsonc', { outer: local() });
  await hints(gateway, /code\/\.mcp-gateway\.jsonc.*has no effect/);
  await files.allow(outer);
  await gateway.knows('outer::echo');
  const inner = files.writeProject({ inner: local() });
  await gateway.forgets('outer::echo');
  await files.allow(inner);
  await gateway.knows('inner::echo');
  rmSync(inner);
  await gateway.knows('outer::echo');
  await gateway.forgets('inner::echo');
  rmSync(outer);
  await gateway.forgets('outer::echo');
});

test('two projects at the same time have their own servers, and the user’s [project.apart]', async () => {
  const files = projectFiles({ mine: local() });
  const names = ['one', 'two'];
  for (const name of names) files.write(`code/${name}/.mcp-gateway.json`, { [name]: local() });
  const gateways = await Promise.all(names.map((name) => startIn({ ...files, cwd: join(files.home, 'code', name) })));
  await files.allow(join(files.home, 'code/one'));
  const [one, two] = gateways as [Gateway, Gateway];
  await one.knows('one::echo');
  await files.allow(join(files.home, 'code/two'));
  await two.knows('two::echo');
  for (const gateway of gateways) await gateway.knows('mine::echo');
  expect(await one.search('')).toMatchObject({ found: 2 });
  expect(await two.search('')).toMatchObject({ found: 2 });
});

test('--no-project, and project: false, leave the file of a project alone [project.off]', async () => {
  const files = projectFiles({ mine: local() });
  files.writeProject({ shop: local() });
  await files.allow();
  const alone = await startIn(files, { args: ['--no-project'] });
  await alone.knows('mine::echo');
  expect(await alone.search('')).toMatchObject({ found: 1 });
  const gateway = await startIn(files);
  await gateway.knows('shop::echo');
  files.write('.config/mcp-gateway/config.json', { $gateway: { project: false }, mine: local() });
  await gateway.forgets('shop::echo');
  files.writeProject({ other: local() });
  files.write('.config/mcp-gateway/config.json', { mine: local() });
  await hints(gateway, /has changed/);
  await gateway.knows('shop::echo');
});

test('start serves the configuration of the user alone [project.off]', async () => {
  const files = projectFiles({ mine: local(), $gateway: { auth: { strategy: 'none' } } });
  files.writeProject({ shop: local() });
  await files.allow();
  const env = { PATH: process.env.PATH, ...files.env };
  const child = spawn(process.execPath, [BIN, 'start', '-c', files.config, '--port', '0'], { cwd: files.cwd, env });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) onLines(stream, (line) => said.push(line));
  try {
    await waitUntil(() => said.some((line) => /^1 server$/.test(line)), { what: `start lists servers: ${said}` });
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  expect(said.join('\n')).not.toMatch(/shop/);
});
