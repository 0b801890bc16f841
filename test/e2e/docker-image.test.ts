import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { readContext } from '../helpers/docker/build-context.ts';
import { buildImages, type Image } from '../helpers/docker/build-image.ts';
import { Container, freePort } from '../helpers/docker/container.ts';
import { COMPOSE, DOCKER, FLAT, HOME, LISTED, ROOT, STAGES, volumes } from '../helpers/docker/example-image.ts';
import type { Run } from '../helpers/docker/root-directory.ts';
import { temporaryDirectory } from '../helpers/servers/fixture.ts';
import { alive, descendants, waitUntil } from '../helpers/system/processes.ts';

const KEY = 'a-key-of-the-test';
/** Where containers find this checkout, for the fixture servers. */
const PROJECT = '/project';

// No engine is needed: the steps are followed in folders that processes see as their root. What is not run that way is
// said in the first test; the programs of the base image are those of this machine.
let build: Image;
let image: Image;

beforeAll(() => {
  const images = buildImages(STAGES, {
    folder: ROOT,
    inContext: readContext(join(DOCKER, 'Dockerfile.dockerignore')),
    skip: (command) => /^(npm ci|apt-get) /.test(command),
    mounts: ({ name }): Record<string, string> =>
      name === 'build' ? { '/build/node_modules': `${join(ROOT, 'node_modules')}:ro` } : {},
  });
  [build, image] = images as [Image, Image];
  return () => {
    for (const { root } of images) root.remove();
  };
}, 300_000);

test('every step but the two that download has run, and what is copied suffices to build [docker.stages]', () => {
  expect([build.skipped, image.skipped].map((skipped) => skipped.map((line) => line.split(' ', 2).join(' ')))).toEqual([
    ['npm ci'],
    ['apt-get update'],
  ]);
  expect(readdirSync(image.root.at('/app/dist'))).toContain('index.js');
});

test('it holds the build and no packages [docker.small]', () => {
  expect(readdirSync(image.root.at('/app')).sort()).toEqual([
    'LICENSE',
    'dist',
    'entrypoint.sh',
    'health.mjs',
    'package.json',
  ]);
  expect(image.root.exec(['node', '/app/dist/index.js', '--version'], confined())).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('only the volumes and /tmp can be written, and only volumes can hold programs [docker.read-only]', () => {
  const script = (folder: string) =>
    `cp /usr/bin/true ${folder}/x 2>/dev/null && echo written && ${folder}/x && echo run`;
  const tried = (folder: string) =>
    image.root.exec(['sh', '-c', `(${script(folder)}) 2>/dev/null || true`], confined());
  expect(['/app', '/app/dist', HOME, '/', '/etc', `${HOME}/.config`].map(tried).join('')).toBe('');
  expect(tried('/tmp')).toBe('written\n');
  for (const folder of [`${HOME}/.cache`, `${HOME}/.local/share`]) expect(tried(folder)).toBe('written\nrun\n');
  const owners = ['stat', '-c', '%u', `${HOME}/.cache`, `${HOME}/.local/share`];
  expect(image.root.exec(owners, { ...confined(), mounts: {} })).toBe('10001\n10001\n');
  expect(image.root.exec(['npm', 'config', 'get', 'cache'], confined()).trim()).toBe(`${HOME}/.cache/npm`);
});

test('the processes have no rights that others have not [docker.non-root]', () => {
  const status = image.root.exec(['cat', '/proc/self/status'], confined());
  expect(status).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
});

test('the health check fails where nothing answers [docker.health]', async () => {
  const run = confined({ env: { MCP_GATEWAY_PORT: String(await freePort()) } });
  expect(() => image.root.exec(image.health, run)).toThrow();
});

test('without auth.strategy it refuses to start [docker.auth]', async () => {
  const started = await startImage({ [FLAT]: '{}' });
  const [code] = await started.ended;
  expect(code, started.output()).toBeGreaterThan(0);
  expect(started.output()).toContain('auth.strategy');
});

test.each<[string, object]>([
  [FLAT, { $gateway: settings(), fixture: server() }],
  [LISTED, { ...settings(), servers: [{ id: 'fixture', ...server() }] }],
])(
  'with %s it serves callers with a key, is healthy, and ends when told to [docker.flat, docker.listed, docker.health, docker.stop]',
  async (path, config) => {
    // JSON is YAML too.
    const started = await startImage({ [path]: JSON.stringify(config) });
    await waitUntil(() => started.answers(), { timeoutMs: 20_000, what: '/health/live answers' });
    image.root.exec(image.health, started.run);
    expect((await fetch(started.url('/mcp'), { method: 'POST' })).status).toBe(401);
    const client = await started.connect(KEY);
    const echo = () => client.callTool('invoke', { id: 'fixture::echo', args: { text: 'hello' } });
    await waitUntil(async () => JSON.stringify(await echo()).includes('hello'), { what: 'the server is known' });
    const inside = descendants(started.process.pid ?? 0);
    expect(inside.length).toBeGreaterThan(1);
    started.signal('SIGTERM');
    expect(await started.ended, started.output()).toEqual([0, null]);
    expect(inside.filter(alive)).toEqual([]);
  },
  60_000,
);

/** How compose.yml confines it, with the volumes as folders that belong to the user of the image. */
function confined(more: { env?: Record<string, string>; mounts?: Run['mounts'] } = {}): Run {
  const { env, cwd, user } = image;
  const named = Object.entries(volumes()).filter(([, source]) => !source.startsWith('.'));
  const mounts = Object.fromEntries(named.map(([path, name]) => [path, volume(name)]));
  return {
    env: { ...env, ...more.env },
    cwd,
    user,
    confined: COMPOSE.read_only,
    tmpfs: COMPOSE.tmpfs,
    mounts: { ...mounts, ...more.mounts },
  };
}

/** A folder for this test that the user of the image may write, as an engine makes it from the image's. */
function volume(name: string): string {
  const folder = join(temporaryDirectory(), name);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  return folder;
}

/** The image's entry point with these files in the container; tini is not on this machine, so what it starts is. */
async function startImage(files: Record<string, string>): Promise<Container> {
  const mounts: Record<string, string> = { [PROJECT]: `${ROOT}:ro` };
  for (const [path, content] of Object.entries(files)) mounts[path] = `${mounted(path, content)}:ro`;
  const port = String(await freePort());
  const run = confined({ env: { MCP_GATEWAY_PORT: port, GATEWAY_API_KEY: KEY }, mounts });
  const child = image.root.spawn(image.entrypoint.slice(image.entrypoint.indexOf('--') + 1), run);
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Container(child, run, `http://127.0.0.1:${port}`);
}

/** What a container's mount of a file comes to: the engine makes the place, the file is the test's. */
function mounted(path: string, content: string): string {
  const file = join(temporaryDirectory(), 'mounted');
  writeFileSync(file, content);
  image.root.exec(['sh', '-c', `mkdir -p "$(dirname ${path})" ${PROJECT} && touch ${path}`], { env: {}, cwd: '/' });
  onTestFinished(() => void image.root.exec(['rm', '-f', path], { env: {}, cwd: '/' }));
  return file;
}

function settings() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway fills it in
  return { auth: { strategy: 'api-key', apiKeys: ['${GATEWAY_API_KEY}'] } };
}

function server() {
  return { command: ['node', `${PROJECT}/test/fixtures/upstream.mjs`, JSON.stringify({ tools: ['echo'] })] };
}
