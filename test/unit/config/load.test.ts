// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { resolveConfigPath } from '../../../src/config/locate.ts';
import { jsonSchema } from '../../../src/config/schema.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-load-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(content: unknown, { name = 'config.json', env = {} as NodeJS.ProcessEnv } = {}) {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  const config = await loadConfig(path, { HOME: '/home/someone', ...env });
  const problems = config.problems.map(({ severity, server, message }) => {
    expect(message.startsWith(path)).toBe(true);
    return `${severity} ${server ?? '-'} ${message.slice(path.length).replace(/^: /, '')}`;
  });
  return { ...config, problems };
}

const EXPOSE = { resources: true, prompts: true };
const LOCAL = { key: 's', type: 'local', enabled: true, tags: [], environment: {}, expose: EXPOSE, start: 'auto' };
const REMOTE = { key: 's', type: 'remote', enabled: true, tags: [], headers: {}, expose: EXPOSE, start: 'auto' };

test.each([
  ['flat', { s: { command: ['a', 'b'] } }, { ...LOCAL, command: ['a', 'b'] }],
  ['flat', { s: { type: 'remote', url: 'https://h' } }, { ...REMOTE, url: 'https://h' }],
  ['flat', { servers: { command: ['a'] } }, { ...LOCAL, key: 'servers', command: ['a'] }],
  [
    'flat',
    { s: { command: ['a'], expose: { prompts: false } } },
    { ...LOCAL, command: ['a'], expose: { resources: true, prompts: false } },
  ],
  ['flat', { s: { command: ['a'], cwd: '~/x' } }, { ...LOCAL, command: ['a'], cwd: '/home/someone/x' }],
  [
    'flat',
    { s: { command: ['a'], environment: { N: 1, B: true } } },
    { ...LOCAL, command: ['a'], environment: { N: '1', B: 'true' } },
  ],
  ['listed', { servers: { s: { command: 'a', args: ['b'] } } }, { ...LOCAL, command: ['a', 'b'] }],
  [
    'listed',
    { servers: [{ id: 's', name: 'n', transport: 'stdio', command: 'a', args: ['b'], env: { C: 'd' } }] },
    { ...LOCAL, command: ['a', 'b'], environment: { C: 'd' } },
  ],
  ['listed', { servers: [{ name: 's', command: ['a', 'b'], args: ['c'] }] }, { ...LOCAL, command: ['a', 'b', 'c'] }],
  ['listed', { servers: [{ name: 's', command: 'npx -y thing' }] }, { ...LOCAL, command: ['npx', '-y', 'thing'] }],
  ['listed', { servers: [{ name: 's', command: '/opt/My Tools/run' }] }, { ...LOCAL, command: ['/opt/My Tools/run'] }],
  [
    'listed',
    { servers: [{ id: 's', transport: 'sse', url: 'http://h', timeout: 5, tags: ['t'], maxConcurrency: 2 }] },
    { ...REMOTE, transport: 'sse', url: 'http://h', timeoutMs: 5, tags: ['t'], maxConcurrency: 2 },
  ],
  [
    'listed',
    { servers: [{ id: 's', transport: 'websocket', url: 'wss://h' }] },
    { ...REMOTE, transport: 'websocket', url: 'wss://h' },
  ],
  ['listed', { servers: [{ id: 's', transport: 'http', url: 'http://h' }] }, { ...REMOTE, url: 'http://h' }],
  [
    'mcpServers',
    { mcpServers: { s: { command: 'a', args: ['b'], env: { C: 'd' }, type: 'stdio' } } },
    { ...LOCAL, command: ['a', 'b'], environment: { C: 'd' } },
  ],
  [
    'mcpServers',
    { mcpServers: { s: { url: 'http://h', headers: { A: 'b' }, type: 'streamable-http' } } },
    { ...REMOTE, url: 'http://h', headers: { A: 'b' }, transport: 'streamable_http' },
  ],
  [
    'mcpServers',
    { mcpServers: { s: { url: 'ws://h', type: 'ws' } } },
    { ...REMOTE, url: 'ws://h', transport: 'websocket' },
  ],
  [
    'mcpServers',
    { mcpServers: { s: { command: 'a', disabled: false, cwd: '/x' } } },
    { ...LOCAL, command: ['a'], cwd: '/x' },
  ],
])('reads a server of the %s shape: %j', async (_shape, content, expected) => {
  const { servers, problems, found } = await load(content);
  const placed = 'command' in expected ? { ...expected, folder } : expected;
  expect({ servers, problems, found }).toEqual({ servers: [placed], problems: [], found: true });
});

const STRINGS = 'a non-empty array of strings';
const HOW = 'expected "command" for a local server or "url" for a remote one';
test.each([
  [{ s: { command: 'npx' } }, `s.command: found a string, expected ${STRINGS}`],
  [{ s: { command: [] } }, `s.command: found an empty array, expected ${STRINGS}`],
  [{ s: { command: ['a', {}] } }, 's.command[1]: found an object, expected a string, number or boolean'],
  [{ s: { command: [''] } }, 's.command[0]: found an empty string, expected the name of a program'],
  [{ s: {} }, `s: found neither "command" nor "url", ${HOW}`],
  [{ s: { command: ['a'], url: 'http://h' } }, `s: found both "command" and "url", ${HOW}`],
  [{ s: { type: 'locale', command: ['a'] } }, 's.type: found "locale", expected one of "local", "remote"'],
  [{ s: 3 }, 's: found a number, expected an object that describes a server'],
  [{ s: { command: { length: { toString: 1 } } } }, `s.command: found an object, expected ${STRINGS}`],
  [{ s: { url: 'nowhere' } }, 's.url: found a string, expected an http(s):// or ws(s):// URL'],
  [{ s: { url: 'ws://h', transport: 'sse' } }, 's.transport: found "sse", expected a transport that fits the URL'],
  [{ s: { url: 'http://h', timeoutMs: 2 ** 31 } }, 's.timeoutMs: found 2147483648, expected at most 2147483647'],
  [{ s: { url: 'http://h', timeoutMs: '30s' } }, 's.timeoutMs: found "30s", expected a whole number above 0'],
  [{ s: { url: 'http://h', maxConcurrency: 0 } }, 's.maxConcurrency: found 0, expected a whole number above 0'],
  [{ s: { url: 'http://h', enabled: 'no' } }, 's.enabled: found "no", expected true or false'],
  [{ s: { url: 'http://h', expose: false } }, 's.expose: found false, expected an object'],
  [{ s: { url: 'http://h', expose: { prompts: 'no' } } }, 's.expose.prompts: found "no", expected true or false'],
  [{ s: { url: 'http://h', tags: 't' } }, 's.tags: found "t", expected an array of strings'],
  [
    { s: { url: 'http://h', headers: { A: ['secret'] } } },
    's.headers.A: found an array, expected a string, number or boolean',
  ],
  [
    { s: { url: 'http://h', protocol: '1' } },
    's.protocol: found "1", expected one of "auto", "2025-11-25", "2026-07-28"',
  ],
  [
    {
      servers: [
        { id: 'ok', command: 'a' },
        { id: 's', transport: 'stdoi', command: 'a' },
      ],
    },
    'servers[1].transport: found "stdoi", expected one of "stdio"',
  ],
  [
    { servers: [{ id: 's', command: 'a', args: 'b' }] },
    'servers[0].args: found a string, expected an array of strings',
  ],
  [
    { servers: [{ id: 's', command: 'a', args: ['b', {}] }] },
    'servers[0].args[1]: found an object, expected a string, number or boolean',
  ],
  [
    { servers: [{ id: 's', command: 'a', timeout: -1 }] },
    'servers[0].timeout: found -1, expected a whole number above 0',
  ],
  [
    { servers: [{ id: 's', transport: 'stdio', url: 'http://h' }] },
    'servers[0].command: found nothing, expected a non-empty array',
  ],
  [{ mcpServers: { s: { command: 3 } } }, 'mcpServers.s.command: found a number, expected'],
  [{ mcpServers: { s: { command: 'a', env: 'b' } } }, 'mcpServers.s.env: found a string, expected an object'],
  [{ mcpServers: { s: { command: 'a', disabled: 'x' } } }, 'mcpServers.s.disabled: found "x", expected true or false'],
  [
    { mcpServers: { s: { command: 'a', args: ['${NOPE}'] } } },
    'mcpServers.s.args[0]: found ${NOPE} but the variable NOPE is not set',
  ],
])('leaves out a wrong entry and says why: %j', async (content, message) => {
  const { servers, problems, misconfigured } = await load(content);
  expect(servers.map(({ key }) => key).filter((key) => key !== 'ok')).toEqual([]);
  expect(
    problems.some((problem) => problem.startsWith(`error s ${message}`)),
    problems.join('\n'),
  ).toBe(true);
  expect(misconfigured).toEqual([{ server: 's', error: expect.stringContaining(message) }]);
  expect(problems.join()).not.toContain('secret');
});

test.each([
  ['', '[""]', 'an empty key'],
  ['x'.repeat(201), `["${'x'.repeat(59)}…"]`, 'a key of 201 characters'],
  ['a\nb', '["a\\nb"]', 'a control character in the key'],
  ['a::b', '["a::b"]', '"::" in the key or ":" at its end, which ids are made with'],
  ['::', '["::"]', '"::" in the key or ":" at its end, which ids are made with'],
  ['a:', '["a:"]', '"::" in the key or ":" at its end, which ids are made with'],
])('refuses the absurd key %.10j [config.keys]', async (key, place, found) => {
  const { servers, misconfigured, problems } = await load({ [key]: { command: ['a'] } });
  expect(servers).toEqual([]);
  expect(misconfigured.map(({ server }) => server)).toEqual([place]);
  expect(problems).toEqual([`error ${place} ${place}: found ${found}, expected a key of 1 to 200 visible characters`]);
});

test('the healthy servers are kept, in the order written', async () => {
  const { servers, misconfigured, disabled } = await load({
    z: { command: ['a'] },
    bad: { comand: ['a'] },
    off: { enabled: false, command: 'wrong, but nobody asks' },
    a: { url: 'http://h' },
  });
  expect(servers.map(({ key }) => key)).toEqual(['z', 'a']);
  expect(misconfigured.map(({ server }) => server)).toEqual(['bad']);
  expect(disabled).toEqual(['off']);
});

test('an entry with disabled: true is a server that is switched off', async () => {
  expect(await load({ mcpServers: { s: { command: 'a', disabled: true } } })).toMatchObject({
    servers: [],
    disabled: ['s'],
  });
});

test.each([
  [{ s: { command: ['a'], tag: [] } }, 'warning s s: unknown key "tag", did you mean "tags"?'],
  [{ s: { command: ['a'], env: {} } }, 'warning s s: unknown key "env", did you mean "environment"?'],
  [
    { s: { command: ['a'], expose: { prompt: false } } },
    'warning s s.expose: unknown key "prompt", did you mean "prompts"? (ignored)',
  ],
  [{ s: { command: ['a'], headers: {} } }, 'warning s s.headers: has no effect on a local server'],
  [{ servers: [{ id: 's', command: 'a', evn: {} }] }, 'warning s servers[0]: unknown key "evn", did you mean "env"?'],
  [
    { s: { command: ['a'] }, $gatway: {} },
    'warning - unknown key "$gatway", did you mean "$gateway"? (keys with "$" never name a server)',
  ],
  [
    { s: { command: ['a'] }, port: 1 },
    'error - port: found a number, expected a server entry; beside a flat map, gateway settings stand under "$gateway"',
  ],
  [
    { s: { command: ['a'] }, mcpServer: {} },
    'error - mcpServer: found an object, expected a server entry; did you mean "mcpServers"?',
  ],
  [{ mcpServers: { s: { command: 'a' } }, prt: 1 }, 'warning - unknown key "prt", did you mean "port"? (ignored)'],
])('tells without harm: %j', async (content, problem) => {
  const { servers, problems } = await load(content);
  expect(servers.map(({ key }) => key)).toEqual(['s']);
  expect(problems).toEqual([problem]);
});

test('of a key used twice both places are named, and the first is kept', async () => {
  const { servers, problems, misconfigured } = await load({
    servers: [
      { id: 's', command: 'a' },
      { name: 's', command: 'b' },
    ],
  });
  expect(servers).toMatchObject([{ command: ['a'] }]);
  expect(misconfigured).toEqual([]);
  expect(problems).toEqual([expect.stringMatching(/^error s servers\[1\]: .*"s".*servers\[0\]/)]);
});

test('an entry without a name takes none away', async () => {
  const { servers, misconfigured } = await load({ servers: ['broken', { id: 'servers[0]', command: 'a' }] });
  expect(servers).toMatchObject([{ key: 'servers[0]', command: ['a'] }]);
  expect(misconfigured).toMatchObject([{ server: 'servers[0]' }]);
});

test('an unset {env:VAR} brings one warning, which names server and variable', async () => {
  const { servers, problems } = await load({ s: { command: ['a', '{env:NOPE}'], environment: { A: '{env:NOPE}' } } });
  expect(servers).toMatchObject([{ command: ['a', ''], environment: { A: '' } }]);
  expect(problems).toEqual([
    'warning s s.environment.A: the variable NOPE is not set, an empty string takes its place',
  ]);
});

test('variables are filled in, and what they hold is never shown', async () => {
  const env = { TOKEN: 'topsecret' };
  const content = {
    local: { command: ['${TOKEN}', '{env:TOKEN}'], environment: { A: '${TOKEN}' } },
    remote: { url: 'http://h/${TOKEN}', headers: { A: '${env:TOKEN}' } },
    bad: { url: '${TOKEN}', headers: { A: '{env:TOKEN}', B: {} } },
  };
  const { servers, problems, misconfigured } = await load(content, { env });
  expect(servers).toMatchObject([
    { command: ['topsecret', 'topsecret'], environment: { A: 'topsecret' } },
    { url: 'http://h/topsecret', headers: { A: 'topsecret' } },
  ]);
  expect(misconfigured).toHaveLength(1);
  expect(JSON.stringify([problems, misconfigured])).not.toContain('topsecret');
});

const DEFAULTS = {
  logLevel: 'info',
  jobs: { concurrency: 3, maxQueued: 1000, retentionHours: 24, maxRecords: 1000, maxBytes: 67_108_864 },
  invoke: {},
  results: { maxInlineBytes: 10_354_688, maxKeptChars: 268_435_456 },
  search: { usage: true },
  expose: EXPOSE,
  project: true,
  permissions: [],
  stats: true,
  pin: false,
  port: 4000,
  host: '127.0.0.1',
  monitor: {
    requestLog: true,
    prometheus: true,
    toolMetrics: 'admin',
    retentionHours: 24,
    maxRecords: 10_000,
    arguments: false,
    healthSeconds: 60,
  },
  http: {
    maxSessions: 1000,
    maxCalls: 4000,
    maxRequests: 8000,
    sessionIdleMinutes: 30,
    maxBodyBytes: 4_194_304,
    allowedHosts: [],
    stopSeconds: 10,
  },
  daemon: { idleSeconds: 5 },
  corsOrigins: [],
};

describe('settings', () => {
  const written = {
    logLevel: 'debug',
    jobs: { concurrency: 9 },
    expose: { resources: false },
    rateLimit: { limit: 5 },
  };
  const expected = {
    ...DEFAULTS,
    ...written,
    jobs: { ...DEFAULTS.jobs, concurrency: 9 },
    expose: { resources: false, prompts: true },
    rateLimit: { limit: 5, windowSeconds: 60, perKey: true },
  };

  test.each([
    ['under $gateway', { $gateway: written }],
    ['beside servers', { servers: [], ...written }],
    ['beside mcpServers', { $schema: 'x', mcpServers: {}, ...written }],
  ])('stand %s', async (_place, content) => {
    expect(await load(content)).toMatchObject({ settings: expected, problems: [] });
  });

  test.each([
    [
      { logLevel: 'warn' },
      'error - $gateway.logLevel: found "warn", expected one of "debug", "info", "warning", "error"; the default is used',
    ],
    [
      { jobs: { concurrency: 0 } },
      'error - $gateway.jobs.concurrency: found 0, expected a whole number above 0; the default is used',
    ],
    [
      { search: '{"embeddings": {"apiKey": "secret"}}' },
      'error - $gateway.search: found a string, expected an object; the default is used',
    ],
    [
      { host: { length: { toString: 1 } } },
      'error - $gateway.host: found an object, expected a string; the default is used',
    ],
    [{ jobs: 3 }, 'error - $gateway.jobs: found 3, expected an object; the default is used'],
    [
      { jobs: { concurency: 4 } },
      'warning - $gateway.jobs: unknown key "concurency", did you mean "concurrency"? (ignored)',
    ],
    [{ port: 70_000 }, 'error - $gateway.port: found 70000, expected at most 65535; the default is used'],
    [{ corsOrigins: ['a', 3] }, 'error - $gateway.corsOrigins[1]: found 3, expected a string; the default is used'],
    [null, 'error - $gateway: found null, expected an object of gateway settings'],
  ])('wrong: %j', async ($gateway, problem) => {
    const { settings, problems, servers } = await load({ $gateway, s: { command: ['a'] } });
    expect(settings).toEqual(DEFAULTS);
    expect(problems).toEqual([problem]);
    expect(servers).toHaveLength(1);
  });

  test.each([['x'], [['permissions']], [3], [true]])(
    'settings that are no object let nobody in and call nothing: %j [permissions.broken]',
    async ($gateway) => {
      const { settings, problems } = await load({ $gateway, s: { command: ['a'] } });
      expect(settings).toMatchObject({
        auth: { strategy: 'api-key', apiKeys: [] },
        permissions: [{ action: 'deny' }],
      });
      expect(problems).toEqual([
        expect.stringMatching(
          /^error - \$gateway: found .*, expected an object of gateway settings; until then every tool/,
        ),
      ]);
    },
  );

  test.each([
    [{ strategy: 'none' }],
    [{ strategy: 'api-key', apiKeys: ['k'] }],
    [{ strategy: 'jwt', jwt: { issuer: 'https://i', audience: 'a', algorithms: ['RS256'] } }],
  ])('accept auth %j', async (auth) => {
    expect(await load({ servers: [], auth })).toMatchObject({ settings: { auth }, problems: [] });
  });

  test.each([
    [{ strategy: 'nonne' }, 'auth.strategy: found "nonne", expected one of "none", "api-key", "jwt"'],
    [{ apiKeys: ['secret'] }, 'auth.strategy: found nothing'],
    [{ strategy: 'api-key', apiKeys: [] }, 'auth.apiKeys: found an empty array, expected at least one key'],
    [{ strategy: 'api-key', apiKeys: ['${NOPE}'] }, 'auth.apiKeys[0]: found ${NOPE} but'],
    [
      { strategy: 'jwt', jwt: { audiance: 'secret', secret: 'secret' } },
      'auth.jwt: unknown key "audiance", did you mean "audience"?',
    ],
    [{ strategy: '${KEY}' }, 'auth.strategy: found "${KEY}", expected one of'],
    [{ strategy: 'jwt', jwt: {} }, 'auth.jwt: found an object, expected one of secret, jwksUrl or issuer'],
    ['none', 'auth: found a string, expected an object'],
  ])('refuse every caller when auth is wrong: %j', async (auth, message) => {
    const { settings, problems } = await load({ servers: [], auth }, { env: { KEY: 'k' } });
    expect(settings.auth).toEqual({ strategy: 'api-key', apiKeys: [] });
    expect(problems).toEqual([expect.stringContaining(`error - ${message}`)]);
    expect(problems[0]).toContain('refuses every caller');
  });

  test('fill in the secrets of auth', async () => {
    const content = { servers: [], auth: { strategy: 'api-key', apiKeys: ['${KEY}'] } };
    expect((await load(content, { env: { KEY: 'k' } })).settings.auth).toEqual({ strategy: 'api-key', apiKeys: ['k'] });
  });

  test('fill in the secrets of embeddings, and the defaults [semantics.setting]', async () => {
    const embeddings = { url: 'http://h/v1', model: 'm', apiKey: '{env:KEY}', headers: { A: '${KEY}', B: 1 } };
    const { settings, problems } = await load({ servers: [], search: { embeddings } }, { env: { KEY: 'k' } });
    expect(problems).toEqual([]);
    expect(settings.search).toEqual({
      embeddings: {
        url: 'http://h/v1',
        model: 'm',
        apiKey: 'k',
        headers: { A: 'k', B: '1' },
        timeoutMs: 400,
        weight: 0.4,
      },
      usage: true,
    });
  });

  test.each([
    [{ model: 'm' }, ['.url: found nothing, expected']],
    [{ url: 'http://u:secret@h', model: 'm' }, ['.url: found a string, expected an http(s):// URL without']],
    [
      { url: 3, model: '', weight: 2 },
      ['.url: found a number', '.model: found an empty string', '.weight: found a number'],
    ],
    [{ url: 'http://h', model: 'm', apiKey: '{env:NOPE}' }, ['.apiKey: found ${NOPE} but']],
    ['secret', [': found a string, expected an object']],
  ])('leave out wrong embeddings, and only these: %j [semantics.setting]', async (embeddings, messages) => {
    const { settings, problems } = await load({ servers: [], search: { embeddings, usage: false } });
    expect(settings).toEqual({ ...DEFAULTS, search: { usage: false } });
    expect(problems).toEqual(messages.map((message) => expect.stringContaining(`error - search.embeddings${message}`)));
    expect(problems.every((problem) => problem.endsWith('; until then search goes by words alone'))).toBe(true);
    expect(problems.join()).not.toContain('secret');
  });

  test('an unknown key of the embeddings is only a warning [semantics.setting]', async () => {
    const embeddings = { url: 'http://h', model: 'm', timeoutms: 3 };
    const { settings, problems } = await load({ servers: [], search: { embeddings } });
    expect(settings.search.embeddings).toMatchObject({ url: 'http://h', timeoutMs: 400 });
    expect(problems).toEqual([expect.stringContaining('warning - search.embeddings: unknown key "timeoutms"')]);
  });
});

test('a missing file is no problem', async () => {
  const path = join(folder, 'nowhere', 'config.json');
  expect(await loadConfig(path, {})).toEqual({
    fingerprint: 'ENOENT',
    path,
    found: false,
    servers: [],
    settings: DEFAULTS,
    problems: [],
    disabled: [],
    misconfigured: [],
  });
});

test('an unreadable file is an error that names it', async () => {
  await expect(loadConfig(folder, {})).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(folder),
  });
});

test('a relative cwd starts at the folder of the file', async () => {
  expect((await load({ s: { command: ['a'], cwd: 'sub' } })).servers).toMatchObject([{ cwd: join(folder, 'sub') }]);
});

test('the file is found by, in this order: argument, variable, XDG directory, home', async () => {
  const home = join(folder, 'home');
  const directory = join(home, '.config', 'mcp-gateway');
  await mkdir(directory, { recursive: true });
  const env = { MCP_GATEWAY_CONFIG: '~/named.yml', XDG_CONFIG_HOME: '/xdg' };
  expect(resolveConfigPath({ argument: '/a.json', env, home })).toBe('/a.json');
  expect(resolveConfigPath({ env, home })).toBe(join(home, 'named.yml'));
  expect(resolveConfigPath({ env: { XDG_CONFIG_HOME: '/xdg' }, home })).toBe('/xdg/mcp-gateway/config.json');
  expect(resolveConfigPath({ env: { XDG_CONFIG_HOME: 'relative' }, home })).toBe(join(directory, 'config.json'));
  for (const name of ['config.yaml', 'config.yml', 'config.jsonc', 'config.json']) {
    await writeFile(join(directory, name), '');
    expect(resolveConfigPath({ env: {}, home })).toBe(join(directory, name));
  }
});

test.each(['flat.jsonc', 'listed.yml'])('the example %s has no problems', async (name) => {
  const config = await loadConfig(join(import.meta.dirname, '../../../examples', name), {});
  expect(config.problems).toEqual([]);
  expect(config.servers.map(({ key }) => key)).toEqual(['everything', 'files', 'memory']);
  expect(config.disabled).toEqual(['grep', 'feed']);
});

test('the JSON Schema knows the three shapes and describes every field', () => {
  const schema = JSON.stringify(jsonSchema());
  for (const word of ['$gateway', 'mcpServers', 'servers', 'maxConcurrency', 'Overrides the detection']) {
    expect(schema).toContain(word);
  }
});

test.each([10, 1000, 3000, 6000, 100_000])('nesting %i deep is a problem, never a crash', async (depth) => {
  const nest = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const content = `{"$gateway": {"jobs": ${nest}, "auth": ${nest}}, "s": {"command": ["a"], "environment": ${nest}}}`;
  const outcome = await load(content).catch((error: unknown) => error);
  expect(outcome).toMatchObject(outcome instanceof Error ? { code: 'CONFIG_INVALID' } : { servers: [], found: true });
});
