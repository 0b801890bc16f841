import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientHome } from '../../../src/cli/client-configs/client.ts';
import { CLIENTS } from '../../../src/cli/client-configs/clients.ts';
import { findServers } from '../../../src/cli/client-configs/found-servers.ts';
import { readOurFile } from '../../../src/cli/client-configs/our-file.ts';
import { ourState, readOurSecrets } from '../../../src/cli/client-configs/our-secrets.ts';
import { checkClients } from '../../../src/cli/doctor/check-clients.ts';
import { checkConfig, checkNames, isItself } from '../../../src/cli/doctor/check-config.ts';
import { checkInstallation } from '../../../src/cli/doctor/check-installation.ts';
import { checkCommands, checkServers } from '../../../src/cli/doctor/check-servers.ts';
import { checkTokens, checkTools, tokenBill } from '../../../src/cli/doctor/check-tools.ts';
import { type Finding, listed } from '../../../src/cli/doctor/finding.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { ToolEntry } from '../../../src/core/tool.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const short = (findings: readonly Finding[]) =>
  findings.map(({ level, place, cause }) => `${level} ${place}: ${cause}`);
const all = () => true;

async function configOf(entries: object, env = {}) {
  const path = join(temporaryDirectory(), 'config.json');
  writeFileSync(path, JSON.stringify(entries));
  return loadConfig(path, { HOME: '/home/ada', ...env });
}

function toolsOf(names: Readonly<Record<string, readonly string[]>>) {
  const entry = (server: string, name: string): ToolEntry => {
    const definition = { name, description: `Does ${name}.`, inputSchema: { type: 'object' } };
    return { id: `${server}::${name}`, server, tags: [], definition };
  };
  return (server: string) => (names[server] ?? []).map((name) => entry(server, name));
}

test('each problem of a configuration has its place, its cause and its cure [doctor.config]', async () => {
  const config = await configOf({
    $gateway: { logLevle: 'info', port: 'x' },
    a: { command: ['a'], tag: ['x'] },
    b: { command: ['{env:NOT_SET}'] },
    'c d': { url: 'https://x.example', headers: { A: `\${MISSING}` } },
    e: {},
  });
  const at = (place: string) => `${config.path}: ${place}`;
  expect(checkConfig(config, all)).toEqual(
    expect.arrayContaining([
      finding('warning', at('$gateway'), 'unknown key "logLevle"', 'did you mean "logLevel"?'),
      finding('warning', at('a'), 'unknown key "tag"', 'did you mean "tags"?'),
      finding(
        'warning',
        at('b.command[0]'),
        'the variable NOT_SET is not set, an empty string takes its place',
        'set NOT_SET where the gateway starts, or name a default',
      ),
      finding(
        'error',
        at('["c d"].headers.A'),
        `found \${MISSING} but the variable MISSING is not set`,
        `expected a value; set it, or write \${MISSING:-default}, or $\${MISSING} for the text as it stands`,
      ),
      finding(
        'error',
        at('e'),
        'found neither "command" nor "url"',
        'expected "command" for a local server or "url" for a remote one',
      ),
    ]),
  );
  const places = checkConfig(config, (server) => server === 'a').map(({ place }) => place);
  expect(places).toContain(at('a'));
  expect(places).toContain(at('$gateway.port'));
  expect(places).not.toContain(at('e'));
});

function finding(level: string, place: string, cause: string, cure: string) {
  return { area: 'configuration', level, place, cause, cure };
}

test('a sound configuration is counted; one without servers is not sound [doctor.config]', async () => {
  const config = await configOf({ a: { command: ['a'] }, b: { command: ['b'], enabled: false } });
  expect(short(checkConfig(config, all))).toEqual([`ok ${config.path}: 1 server, 1 disabled`]);
  const none = await configOf({});
  expect(short(checkConfig(none, all))).toEqual([`warning ${none.path}: no server is configured`]);
  const wrongEnv = await configOf({ a: { command: ['a'] } }, { MCP_GATEWAY_PORT: 'many' });
  expect(short(checkConfig(wrongEnv, all))).toEqual([
    expect.stringMatching(/^error the environment: .*MCP_GATEWAY_PORT/),
  ]);
});

test('what a command lacks is named, with a way to get it [doctor.commands]', async () => {
  const folder = temporaryDirectory();
  const tool = join(folder, 'tool');
  writeFileSync(tool, '#!/bin/sh\n');
  mkdirSync(join(folder, 'bin'));
  for (const name of ['node', 'here']) writeFileSync(join(folder, 'bin', name), '', { mode: 0o755 });
  const { servers } = await configOf({
    fine: { command: ['here', '/no/such/file.js'] },
    own: { command: ['only-there'], environment: { PATH: join(folder, 'elsewhere') } },
    uvx: { command: ['uvx', 'server'] },
    odd: { command: ['some-program'] },
    path: { command: ['./gone/program'], cwd: folder },
    plain: { command: [tool] },
    script: { command: ['node', 'dist/index.js'], cwd: folder },
    folder: { command: ['here'], cwd: join(folder, 'no') },
    package: { command: ['node', '--import', 'x', 'server.js'] },
  });
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere', 'only-there'), '', { mode: 0o755 });
  const place = { cwd: folder, env: { PATH: join(folder, 'bin') }, platform: 'linux' as const };
  const checked = await checkCommands(servers, place);
  const said = Object.fromEntries(
    [...checked].map(([key, found]) => [key, found.map(({ cause, cure }) => [cause, cure])]),
  );
  expect(said).toEqual({
    fine: [],
    own: [],
    package: [],
    uvx: [['command cannot start: uvx is not on PATH', expect.stringContaining('install uv, which brings uvx: https')]],
    odd: [['command cannot start: some-program is not on PATH', expect.stringContaining('its absolute path')]],
    path: [[`command cannot start: there is no file ${join(folder, 'gone/program')}`, 'correct the path in command']],
    plain: [[`command cannot start: ${tool} is not executable`, expect.any(String)]],
    script: [[`there is no file ${join(folder, 'dist/index.js')}`, 'correct the path in command']],
    folder: [[`cwd ${join(folder, 'no')} is no folder`, 'make the folder, or correct cwd']],
  });
});

test.each([
  [{ command: ['npx', '-y', 'x'] }, /npm install -g/],
  [{ command: ['/usr/bin/uvx', 'x'] }, /uv tool install/],
  [{ command: ['docker', 'run', 'x'] }, /pull its image/],
  [{ command: ['thing'] }, /"start": "eager"/],
  [{ url: 'https://x.example/mcp' }, /far away/],
])('a slow start of %j has a cure of its own [doctor.slow]', async (entry, cure) => {
  const { servers } = await configOf({ s: entry });
  const asked = {
    id: 's',
    state: 'ready',
    durationMs: 3_001,
    tools: 1,
    protocol: '2025-11-25',
    transport: 'stdio',
  } as const;
  const [slow, ...others] = checkServers([asked], servers, new Map());
  expect(others).toEqual([]);
  expect(slow).toMatchObject({
    level: 'warning',
    cause: 'slow to start: 1 tool, ready in 3.0 s, 2025-11-25 over stdio',
  });
  expect(slow?.cure).toMatch(cure);
  expect(short(checkServers([{ ...asked, durationMs: 2_999 }], servers, new Map()))[0]).toMatch(/^ok s: /);
});

test.each([
  ['fetch failed: connect ECONNREFUSED 127.0.0.1:1', /nothing listens there/],
  ['getaddrinfo ENOTFOUND nowhere.example', /correct the host/],
  ['HTTP 401: Unauthorized', /refuses the credentials/],
  ['HTTP 404: Not Found', /\/mcp/],
  ['HTTP 502: Bad Gateway', /ask who runs it/],
  ['the process exited with code 1; it last said: Cannot find module', /correct the path/],
  ['the process exited with code 1; it last said: Cannot connect to the Docker daemon', /start Docker/],
  ['something else', /address of an MCP server/],
])('the failure %j has its cure [doctor.failures]', async (error, cure) => {
  const { servers } = await configOf({ s: { url: 'https://x.example/mcp' } });
  const asked = { id: 's', state: 'failing', durationMs: 1, tools: 0, error } as const;
  const [found] = checkServers([asked], servers, new Map());
  expect(found).toMatchObject({ level: 'error', place: 's', cause: error });
  expect(found?.cure).toMatch(cure);
});

test('the gateway among its own servers is told from one with another configuration [doctor.failures]', async () => {
  const { servers } = await configOf({
    bin: { command: ['/opt/gateway/dist/index.js'] },
    npx: { command: ['npx', '-y', '--package', '/x/mcp-gateway-0.1.0.tgz', 'mcp-gateway'] },
    other: { command: ['mcp-gateway', '-c', 'other'] },
    named: { command: ['mcp-gateway', 'other.yml'] },
    set: { command: ['mcp-gateway'], environment: { MCP_GATEWAY_CONFIG: '/other' } },
    far: { url: 'http://localhost:4000/mcp' },
    stranger: { command: ['npx', '@somebody/mcp-gateway'] },
  });
  const self = { bins: ['/opt/gateway/dist/index.js'], hosts: ['localhost:4000'] };
  expect(servers.filter((server) => isItself(server, self)).map(({ key }) => key)).toEqual(['bin', 'npx']);
});

test('servers configured twice and servers alike are told apart [doctor.names]', async () => {
  const { servers } = await configOf({
    a: { command: ['x', '1'], description: 'one' },
    b: { command: ['x', '1'], tags: ['other'] },
    c: { url: 'https://x.example/mcp' },
    d: { url: 'https://x.example/mcp', headers: { 'X-Account': 'second' } },
    e: { command: ['y'] },
  });
  const tools = toolsOf({ c: ['get', 'set', 'list'], d: ['get', 'set', 'list'], e: ['get', 'q', 'r', 's'] });
  const found = checkNames(servers, tools);
  expect(short(found)).toEqual([
    'warning a and b: are the same server, configured twice',
    'warning c and d: share the names of 3 tools (get, set and list), which their ids keep apart, but a model has to choose',
    'ok c, e and d: share the name of a tool (get), which their ids keep apart',
  ]);
});

test.each([
  [{ url: 'https://x.example/mcp' }, { proxy: 'http://proxy.example:3128' }],
  [{ url: 'https://x.example/mcp', proxy: 'http://proxy.example:3128' }, { proxy: false }],
  [{ url: 'https://x.example/mcp' }, { transport: 'sse' }],
  [{ url: 'https://x.example/mcp' }, { protocol: '2026-07-28' }],
  [{ command: ['x'] }, { roots: ['/srv/one'] }],
  [{ command: ['x'] }, { environment: { TOKEN: null } }],
])('entries like %j are not the same server with %j [doctor.names]', async (entry, more) => {
  const { servers } = await configOf({ a: entry, b: entry, c: { ...entry, ...more } });
  const found = checkNames(servers, () => []);
  expect(short(found)).toEqual(['warning a and b: are the same server, configured twice']);
});

test('remarks of guards become warnings with the command that trusts [doctor.trust]', () => {
  const tools = toolsOf({ notes: ['add', 'drop'] })('notes');
  const found = checkTools(tools, ({ id }) =>
    id === 'notes::drop' ? ['its description has changed', 'hidden text'] : [],
  );
  expect(short(found)).toEqual([
    'warning notes::drop: its description has changed',
    'warning notes::drop: hidden text',
  ]);
  expect(found[0]?.cure).toContain('mcp-gateway trust notes');
});

test('the bill names both sums, and admits when the gateway costs more [doctor.tokens]', () => {
  const tools = toolsOf({ a: Array.from({ length: 30 }, (_, index) => `tool_${index}`), b: ['x'] });
  const ours = { tools: tools('b').map(({ definition }) => definition), instructions: 'Search, then invoke.' };
  const bill = tokenBill([...tools('a'), ...tools('b')], ours);
  expect(bill.direct).toBe((bill.servers.a ?? 0) + (bill.servers.b ?? 0));
  expect(bill.gateway).toBeGreaterThan(bill.servers.b ?? 0);
  expect(short(checkTokens(bill, 31))[0]).toMatch(
    /^ok 31 tools: would cost about [\d,]+ tokens directly and cost \d+ through the gateway: 9\d % less$/,
  );
  expect(short(checkTokens(tokenBill(tools('b'), ours), 1))[0]).toContain(
    'more: the gateway pays off from more tools on',
  );
  expect(checkTokens(tokenBill([], ours), 0)).toEqual([]);
});

/** What doctor says of the clients in that home. */
async function clientsIn({ terminal, config }: ReturnType<typeof clientFiles>) {
  const home = clientHome(terminal);
  const self = { bins: ['/opt/gateway/dist/index.js'], hosts: ['localhost:4000'] };
  const file = await readOurFile(config);
  const ours = ourState(file, await readOurSecrets(file, home));
  return checkClients(await findServers(CLIENTS, home), { home, self, ours });
}

test('clients that go through the gateway, beside it, or not at all [doctor.clients, doctor.secrets]', async () => {
  const files = clientFiles({ empty: true });
  const ours = { command: '/opt/gateway/dist/index.js' };
  const secret = 'a-made-up-credential-1';
  const notes = { command: 'notes-server', env: { NOTES_API_KEY: secret } };
  files.write(
    '.config/mcp-gateway/config.json',
    JSON.stringify({ notes: { command: ['notes-server'], environment: { NOTES_API_KEY: `\${NOTES_API_KEY}` } } }),
  );
  files.write(
    '.cursor/mcp.json',
    JSON.stringify({
      mcpServers: {
        gateway: ours,
        notes,
        extra: { command: 'x', args: ['--token', secret] },
        roomy: { command: 'x', cwd: `\${workspaceFolder}` },
      },
    }),
  );
  files.write(
    '.codeium/windsurf/mcp_config.json',
    JSON.stringify({ mcpServers: { gateway: ours, off: { command: 'y', disabled: true } } }),
  );
  files.write('.gemini/settings.json', JSON.stringify({ mcpServers: { one: { command: 'y' } } }));
  files.write('.codex/config.toml', `token = "${secret}`);
  const found = await clientsIn(files);
  const said = short(found).map((line) => line.replaceAll(files.home, '~'));
  expect(said).toEqual([
    expect.stringMatching(/^warning ~\/\.codex\/config\.toml:1:\d+: Invalid TOML/),
    'warning Cursor, ~/.cursor/mcp.json: starts notes by itself; the gateway cannot until NOTES_API_KEY is set',
    'warning Cursor, ~/.cursor/mcp.json: starts extra by itself, beside the gateway',
    expect.stringMatching(
      /^ok Cursor, ~\/\.cursor\/mcp\.json: starts roomy by itself, and import leaves it there: .*editor/,
    ),
    'ok Windsurf: goes through the gateway',
    'ok Gemini CLI, ~/.gemini/settings.json: starts 1 server by itself, and does not go through the gateway',
    expect.stringMatching(/^error Cursor, .*: gateway: starts \/opt\/gateway\/dist\/index\.js, which is not there$/),
    expect.stringMatching(/^error Windsurf, .*: gateway: starts \/opt\/gateway\/dist\/index\.js, which is not there$/),
  ]);
  expect(found.map(({ cure }) => cure)).toContain('mcp-gateway import cursor, then take it out of that file');
  expect(JSON.stringify(found)).not.toContain(secret);
});

test('doctor sends nobody to take out a server that the gateway could not start in its place [doctor.clients]', async () => {
  const files = clientFiles({ empty: true });
  const token = 'a-made-up-credential-2';
  const ours = (settings: object) =>
    files.write(
      '.config/mcp-gateway/config.json',
      JSON.stringify({
        $gateway: settings,
        docs: { command: ['docs-server'] },
        keyed: { command: ['keyed-server', `\${API_KEY}`] },
        off: { command: ['off-server'], enabled: false },
        mail: { command: ['mail-server'], environment: { MAIL_TOKEN: '{secret:MAIL_TOKEN}' } },
      }),
    );
  const mcpServers = {
    gateway: { command: '/opt/gateway/dist/index.js' },
    docs: { command: 'docs-server' },
    keyed: { command: 'keyed-server', args: [`\${API_KEY}`] },
    off: { command: 'off-server' },
    mail: { command: 'mail-server', env: { MAIL_TOKEN: token } },
    added: { command: 'added-server', env: { ADDED_TOKEN: token } },
  };
  files.write('.cursor/mcp.json', JSON.stringify({ mcpServers }));
  files.write('.config/mcp-gateway/secrets.env', 'MAIL_TOKEN=a-made-up-credential-1\n');
  const advice = async () =>
    (await clientsIn(files)).filter(({ level }) => level !== 'error').map(({ cause, cure }) => [cause, cure]);

  ours({ secrets: { file: 'secrets.env' } });
  expect(await advice()).toEqual([
    ['starts docs by itself, as the gateway does', 'take it out of that file'],
    [
      'starts keyed by itself; the gateway cannot until API_KEY is set',
      'set API_KEY where the gateway starts, then mcp-gateway install cursor',
    ],
    ['starts off by itself; the gateway has it switched off, and mcp-gateway enable off switches it on', undefined],
    [
      'starts mail by itself, with other secrets than the gateway has',
      'mcp-gateway import cursor, then take it out of that file',
    ],
    ['starts added by itself, beside the gateway', 'mcp-gateway import cursor, then take it out of that file'],
  ]);

  // An import adds nothing to the secrets of a command.
  ours({ secrets: { command: ['true'] } });
  expect(await advice()).toContainEqual([
    'starts added by itself, beside the gateway',
    'mcp-gateway import cursor, then set ADDED_TOKEN where the gateway starts, then mcp-gateway install cursor',
  ]);
});

test('an entry of ours that no install would replace is to be taken out first [doctor.clients]', async () => {
  const files = clientFiles({ empty: true });
  const gateway = { command: 'npx', args: ['-y', 'mcp-gateway'] };
  files.write('.claude.json', JSON.stringify({ projects: { [files.cwd]: { mcpServers: { gateway } } } }));
  expect((await clientsIn(files)).map(({ cure }) => cure)).toContain(
    'take it out of that file, then mcp-gateway install claude-code',
  );
});

test('an entry by the bare name starts a stranger; without any entry nobody is served [doctor.clients]', async () => {
  const files = clientFiles({ empty: true });
  expect(short(await clientsIn(files))).toEqual(['warning clients: none has an entry of the gateway']);
  files.write(
    '.cursor/mcp.json',
    JSON.stringify({ mcpServers: { gateway: { command: 'npx', args: ['-y', 'mcp-gateway'] } } }),
  );
  expect(short(await clientsIn(files)).at(-1)).toMatch(/^error Cursor, .*: gateway: starts another package/);
  const args = ['-y', '--package', join(files.home, 'mcp-gateway-0.1.0.tgz'), 'mcp-gateway'];
  files.write('.cursor/mcp.json', JSON.stringify({ mcpServers: { gateway: { command: 'npx', args } } }));
  files.write('mcp-gateway-0.1.0.tgz', '');
  expect(short(await clientsIn(files))).toEqual(['ok Cursor: goes through the gateway']);
});

function installation(folder: string) {
  const { env } = clientFiles({ empty: true }).terminal;
  const data = join(folder, 'data');
  const parts = {
    dataDirectory: data,
    versions: { node: '22.1.0' },
    bin: '/opt/gateway/dist/index.js',
    entryWords: [],
  };
  return {
    data,
    parts: { ...parts, cwd: folder, env: { ...env, PATH: '' }, platform: 'linux' as const, uid: process.getuid?.() },
  };
}

test('what is kept is for its owner alone [doctor.installation]', async () => {
  const { data, parts } = installation(temporaryDirectory());
  expect(short(await checkInstallation(parts))).toEqual([expect.stringMatching(/^ok mcp-gateway .*: runs on Node 22/)]);
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, 'oauth-1.json'), '{}', { mode: 0o600 });
  expect(short(await checkInstallation(parts)).at(-1)).toBe(`ok ${data}: only you can read what is kept there`);
  chmodSync(join(data, 'oauth-1.json'), 0o644);
  chmodSync(data, 0o750);
  const found = await checkInstallation(parts);
  expect(found.at(-1)).toMatchObject({
    level: 'warning',
    cause: 'others on this machine may read this folder and oauth-1.json; logins are kept there',
    cure: `chmod -R go-rwx ${data}`,
  });
  const stranger = short(await checkInstallation({ ...parts, uid: -5 }));
  expect(stranger.at(-2)).toMatch(/^error .*: not yours: this folder and oauth-1\.json$/);
  const notAFolder = short(await checkInstallation({ ...parts, dataDirectory: join(data, 'oauth-1.json') }));
  expect(notAFolder.at(-1)).toMatch(/^error .*: cannot be read \(.*ENOTDIR/);
});

test('an old Node, and copies of other versions in a shell or an entry, are named [doctor.installation]', async () => {
  const folder = temporaryDirectory();
  const { parts } = installation(folder);
  expect(short(await checkInstallation({ ...parts, versions: { node: '18.20.1' } }))[0]).toMatch(
    /^error Node 18\.20\.1: /,
  );
  expect(short(await checkInstallation({ ...parts, versions: { node: '18.0.0', bun: '1.4.0' } }))[0]).toMatch(
    /^ok .*Bun 1/,
  );
  const old = join(folder, 'old');
  mkdirSync(join(old, 'dist'), { recursive: true });
  writeFileSync(join(old, 'package.json'), '{"name": "mcp-gateway", "version": "0.0.1"}');
  writeFileSync(join(old, 'dist/index.js'), '');
  const tarball = join(folder, 'mcp-gateway-0.0.2.tgz');
  writeFileSync(tarball, '');
  const entryWords = [join(old, 'dist/index.js'), tarball, join(folder, 'mcp-gateway-0.0.3.tgz'), 'npx'];
  const copies = short(await checkInstallation({ ...parts, entryWords })).slice(1);
  expect(copies).toEqual([
    expect.stringMatching(/old\/dist\/index\.js: is another copy .*, version 0\.0\.1; this is /),
    expect.stringMatching(/mcp-gateway-0\.0\.2\.tgz: is another copy .*, version 0\.0\.2; this is /),
  ]);
});

test('a list of names stays short', () => {
  const names = Array.from({ length: 9 }, (_, index) => `n${index}`);
  expect([[], ['a'], ['a', 'b'], names.slice(0, 6), names].map((each) => listed(each))).toEqual([
    '',
    'a',
    'a and b',
    'n0, n1, n2, n3, n4 and n5',
    'n0, n1, n2, n3, n4 and 4 more',
  ]);
});
