import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyConfig, loadConfig } from '../../../src/config/load.ts';
import { resolveConfigPath } from '../../../src/config/locate.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

async function load(env: Record<string, string>, content?: unknown) {
  const path = join(temporaryDirectory(), 'config.json');
  if (content !== undefined) await writeFile(path, JSON.stringify(content));
  const { settings, problems } = await loadConfig(path, env);
  const { port, host, logLevel } = settings;
  return { settings: { port, host, logLevel }, problems };
}

const FILE = { servers: [], port: 1, host: '10.0.0.1', logLevel: 'error', jobs: { concurrency: 9 } };
const WRITTEN = { port: 1, host: '10.0.0.1', logLevel: 'error' };
const DEFAULTS = { port: 4000, host: '127.0.0.1', logLevel: 'info' };

test.each([
  [{ MCP_GATEWAY_PORT: '8080' }, { port: 8080 }],
  [{ MCP_GATEWAY_PORT: '0' }, { port: 0 }],
  [{ MCP_GATEWAY_PORT: ' 65535 ' }, { port: 65_535 }],
  [{ MCP_GATEWAY_HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
  [{ MCP_GATEWAY_HOST: '::1' }, { host: '::1' }],
  [{ MCP_GATEWAY_HOST: 'my_host-1.example' }, { host: 'my_host-1.example' }],
  [{ MCP_GATEWAY_LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
  [
    { MCP_GATEWAY_PORT: '2', MCP_GATEWAY_HOST: 'localhost', MCP_GATEWAY_LOG_LEVEL: 'warning' },
    { port: 2, host: 'localhost', logLevel: 'warning' },
  ],
  [{ MCP_GATEWAY_PORT: '', MCP_GATEWAY_HOST: '  ', MCP_GATEWAY_LOG_LEVEL: '' }, {}],
])('%j counts more than the file, or than none [http.environment]', async (env, expected) => {
  expect(await load(env, FILE)).toEqual({ settings: { ...WRITTEN, ...expected }, problems: [] });
  expect(await load(env)).toEqual({ settings: { ...DEFAULTS, ...expected }, problems: [] });
});

const PORTS = 'expected a whole number from 0 to 65535';
const HOSTS = 'expected an address or a host name';
test.each([
  ['MCP_GATEWAY_PORT', '65536', PORTS],
  ['MCP_GATEWAY_PORT', '-1', PORTS],
  ['MCP_GATEWAY_PORT', '80a', PORTS],
  ['MCP_GATEWAY_PORT', '1e3', PORTS],
  ['MCP_GATEWAY_PORT', '4000.5', PORTS],
  ['MCP_GATEWAY_HOST', 'http://0.0.0.0', HOSTS],
  ['MCP_GATEWAY_HOST', '0.0.0.0:4000', HOSTS],
  ['MCP_GATEWAY_HOST', '127.0.0.256', HOSTS],
  ['MCP_GATEWAY_HOST', '[::1]', HOSTS],
  ['MCP_GATEWAY_LOG_LEVEL', 'warn', 'expected one of "debug", "info", "warning", "error"'],
])('%s=%s is told and ignored [http.environment]', async (variable, value, expected) => {
  const env = { [variable]: value };
  const problem = {
    severity: 'error',
    message: expect.stringContaining(`the variable ${variable}: found ${JSON.stringify(value)}, ${expected}`),
  };
  expect(await load(env, FILE)).toEqual({ settings: WRITTEN, problems: [problem] });
  expect(await load(env)).toEqual({ settings: DEFAULTS, problems: [problem] });
});

test('one wrong variable leaves the others, the other settings and the mistakes of the file [http.environment]', async () => {
  const path = join(temporaryDirectory(), 'config.json');
  await writeFile(path, JSON.stringify({ ...FILE, port: 'x' }));
  const env = { MCP_GATEWAY_PORT: '7', MCP_GATEWAY_HOST: '/' };
  const { settings, problems } = await loadConfig(path, env);
  expect(settings).toMatchObject({ port: 7, host: '10.0.0.1', jobs: { concurrency: 9 } });
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining(`${path}: port: found "x"`),
    expect.stringContaining('MCP_GATEWAY_HOST'),
  ]);
});

test('counts as well while the file cannot be read [http.environment]', () => {
  const broken = { severity: 'error', message: 'broken' } as const;
  const config = emptyConfig('/x.json', [broken], { MCP_GATEWAY_PORT: '7', MCP_GATEWAY_HOST: '/' });
  expect(config.settings).toMatchObject({ ...DEFAULTS, port: 7 });
  expect(config.problems).toEqual([
    broken,
    { severity: 'error', message: expect.stringContaining('MCP_GATEWAY_HOST') },
  ]);
});

const NAMES = ['mcp-gateway.yml', 'mcp-gateway.yaml', 'mcp-gateway.json', 'mcp-gateway.jsonc'];

test('the file of a folder comes before that of the user, and after what is named [http.folder-file]', async () => {
  const folder = temporaryDirectory();
  const home = temporaryDirectory();
  const users = join(home, '.config', 'mcp-gateway', 'config.yml');
  await mkdir(join(home, '.config', 'mcp-gateway'), { recursive: true });
  await writeFile(users, '');
  expect(resolveConfigPath({ folder, env: {}, home })).toBe(users);
  for (const name of NAMES.toReversed()) {
    await writeFile(join(folder, name), '');
    expect(resolveConfigPath({ folder, env: {}, home })).toBe(join(folder, name));
  }
  expect(resolveConfigPath({ folder, env: { MCP_GATEWAY_CONFIG: '/named.yml' }, home })).toBe('/named.yml');
  expect(resolveConfigPath({ folder, argument: '/a.yml', env: {}, home })).toBe('/a.yml');
});

test('without a folder, the working directory is not looked at [http.folder-file]', async () => {
  const [folder, home] = [temporaryDirectory(), temporaryDirectory()];
  for (const name of NAMES) await writeFile(join(folder, name), '');
  const before = process.cwd();
  try {
    process.chdir(folder);
    expect(resolveConfigPath({ env: {}, home })).toBe(join(home, '.config', 'mcp-gateway', 'config.json'));
  } finally {
    process.chdir(before);
  }
});
