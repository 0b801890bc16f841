import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { AskedServer } from '../../src/cli/doctor/ask-servers.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { type CommandOptions, runCommand } from '../helpers/command-line/command.ts';
import { startOAuthServer } from '../helpers/logins/oauth-server.ts';
import { journal, local, remote, temporaryDirectory } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

const SECRETS = [
  'a-made-up-header-secret',
  'a-made-up-option-secret',
  'a-made-up-variable-secret',
  'a-made-up-client-secret',
];

interface Report {
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
  readonly servers: readonly AskedServer[];
  readonly tokens: { readonly direct: number; readonly gateway: number };
}

/** A home with that configuration in it. */
function homeWith(config: object | string | undefined) {
  const home = temporaryDirectory();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, path), text);
  };
  const path = '.config/mcp-gateway/config.json';
  if (config !== undefined) write(path, typeof config === 'string' ? config : JSON.stringify(config));
  const run = (args: readonly string[] = [], rest: Partial<CommandOptions> = {}) =>
    runCommand(['doctor', ...args], { home, ...rest });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['--json', ...args]);
    return { code, stdout, stderr, report: JSON.parse(stdout) as Report };
  };
  return { home, write, run, json, path: join(home, path) };
}

test('one of every fault is found, with place, cause and cure [doctor.config, doctor.commands, doctor.servers, doctor.failures, doctor.login, doctor.names, doctor.clients, doctor.installation, doctor.tokens, doctor.secrets, doctor.clean, doctor.exit]', async () => {
  const oauthServer = await startOAuthServer();
  const refusing = await remote('http', { requireHeader: { name: 'authorization', value: 'Bearer other' } });
  const gone = await remote('http');
  await gone.kill();
  const http = await remote('http', { tools: ['add'] });
  const [header = '', option = '', variable = '', client = ''] = SECRETS;
  const { home, write, json, path } = homeWith({
    $gateway: { statz: true },
    fine: local({ name: 'fine', toolCount: 60, tools: ['echo', 'add'] }, { environment: { SERVICE_TOKEN: variable } }),
    twin: local({ name: 'fine', toolCount: 60, tools: ['echo', 'add'] }, { environment: { SERVICE_TOKEN: variable } }),
    http: http.entry(),
    untidy: local({ tools: ['echo'], duplicateTools: true, malformedTool: true, sdk: 'raw' }),
    unset: { command: ['x', '--api-key', `\${NOT_SET_ANYWHERE}`] },
    missing: { command: ['no-such-program-anywhere', '--token', option] },
    script: { command: ['node', '/no/such/server.js'] },
    dies: local({ exitAtStart: true }),
    gone: gone.entry(),
    refused: refusing.entry({ headers: { Authorization: `Bearer ${header}` } }),
    locked: { url: oauthServer.url },
    off: { command: ['x'], enabled: false },
    itself: { command: ['npx', 'mcp-gateway'] },
  });
  const direct = { command: 'other-server', env: { API_KEY: client } };
  write('.cursor/mcp.json', JSON.stringify({ mcpServers: { gateway: { command: 'mcp-gateway' }, direct } }));
  write('.local/share/mcp-gateway/oauth-1.json', '{}');
  chmodSync(join(home, '.local/share/mcp-gateway/oauth-1.json'), 0o644);

  const { code, stdout, stderr, report } = await json();

  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  for (const secret of SECRETS) expect(stdout).not.toContain(secret);
  const of = (area: string, level: string) =>
    report.findings.filter((finding) => finding.area === area && finding.level === level);
  const found = (area: string, level: string, place: string) => {
    const { cause, cure } = of(area, level).find((finding) => finding.place === place) ?? {};
    return { cause, cure };
  };
  const text = (pattern: RegExp) => expect.stringMatching(pattern);
  expect(found('configuration', 'warning', `${path}: $gateway`)).toEqual({
    cause: text(/"statz"/),
    cure: text(/"stats"/),
  });
  expect(found('configuration', 'error', `${path}: unset.command[2]`)).toMatchObject({
    cause: text(/NOT_SET_ANYWHERE is not set/),
  });
  expect(found('servers', 'error', 'missing')).toMatchObject({
    cause: text(/no-such-program-anywhere is not on PATH/),
  });
  expect(found('servers', 'error', 'script')).toEqual({
    cause: 'there is no file /no/such/server.js',
    cure: text(/correct the path/),
  });
  expect(found('servers', 'error', 'dies')).toEqual({
    cause: text(/exited with code 1.*refusing to start/),
    cure: text(/in a terminal/),
  });
  expect(found('servers', 'error', 'gone')).toEqual({ cause: text(/ECONNREFUSED/), cure: text(/nothing listens/) });
  expect(found('servers', 'error', 'refused')).toEqual({ cause: text(/401/), cure: text(/credentials/) });
  expect(found('servers', 'warning', 'locked')).toEqual({
    cause: 'needs login',
    cure: 'mcp-gateway login locked',
  });
  expect(of('servers', 'warning').map(({ place, cause }) => `${place}: ${cause}`)).toEqual(
    expect.arrayContaining([
      text(/^untidy: tool "echo" is listed twice/),
      text(/^untidy: tool "malformed" was left out/),
    ]),
  );
  expect(of('servers', 'error').map(({ place }) => place)).toEqual([
    'itself',
    'missing',
    'script',
    'dies',
    'gone',
    'refused',
  ]);
  expect(found('names', 'warning', 'fine and twin')).toMatchObject({ cure: 'take one of them out' });
  expect(of('clients', 'warning').map(({ cause }) => cause)).toEqual(['starts direct by itself, beside the gateway']);
  expect(of('installation', 'warning')[0]).toMatchObject({
    cause: text(/may read oauth-1.json/),
    cure: text(/^chmod/),
  });
  expect(of('tokens', 'ok')[0]).toMatchObject({ cause: text(/tokens directly/) });
  expect(report.tokens.direct).toBeGreaterThan(report.tokens.gateway);
  for (const { level, cure } of report.findings) if (level !== 'ok') expect(cure).toMatch(/./);
  const server = (id: string) => report.servers.find((each) => each.id === id);
  expect(server('fine')).toMatchObject({ state: 'ready', tools: 62, protocol: '2025-11-25', transport: 'stdio' });
  expect(server('http')).toMatchObject({ state: 'ready', tools: 1, transport: 'streamable_http' });
  expect(server('locked')).toMatchObject({ state: 'needs_auth' });
  expect(report.servers.map(({ id }) => id)).not.toContain('unset');
  expect(await oauthServer.requests()).not.toContainEqual(expect.objectContaining({ path: '/register' }));
  expect(existsSync(join(home, '.cache'))).toBe(false);
  expect(readdirSync(join(home, '.local/share/mcp-gateway'))).toEqual(['oauth-1.json', 'trust']);
});

test('a server that is slow and one that is silent [doctor.slow, doctor.failures]', async () => {
  const { json, run } = homeWith({
    slow: local({ initDelayMs: 3_100 }),
    silent: local({ neverInitialize: true }),
  });
  const [slow, silent] = await Promise.all([json('slow'), json('silent', '--timeout', '0.5')]);
  expect(slow).toMatchObject({ code: 0, report: { errors: 0, warnings: 1 } });
  expect(slow.report.findings).toContainEqual(
    expect.objectContaining({ level: 'warning', place: 'slow', cause: expect.stringMatching(/^slow to start: /) }),
  );
  expect(silent.code).toBe(1);
  expect(silent.report.servers).toEqual([
    expect.objectContaining({ id: 'silent', state: 'connecting', waitsFor: 'initialize' }),
  ]);
  expect(silent.report.findings).toContainEqual(
    expect.objectContaining({ level: 'error', place: 'silent', cure: expect.stringContaining('--timeout') }),
  );
  expect(await run(['--timeout', 'soon'])).toMatchObject({ code: 2, stderr: expect.stringContaining('"soon"') });
});

test('without a mistake it exits with 0 and says so in plain text [doctor.exit, doctor.output]', async () => {
  const { run, json, write } = homeWith({ files: local({ tools: ['echo'] }) });
  write('.cursor/mcp.json', '{"mcpServers": {"gateway": {"command": "mcp-gateway"}}}');
  const { code, stdout, stderr } = await run();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Configuration\n  ✓ ~/.config/mcp-gateway/config.json: 1 server\n');
  expect(stdout).toMatch(/\nServers\n {2}[✓!] files: .*1 tool, ready in [\d.]+ s, 2025-11-25 over stdio\n/);
  expect(stdout).toContain('Clients\n  ✓ Cursor: goes through the gateway\n');
  expect(stdout).not.toContain('\x1b');
  const { report } = await json('files');
  expect(new Set(report.findings.map(({ area }) => area))).toEqual(new Set(['configuration', 'servers']));
});

test('a file that is broken or missing is the finding; an unknown server is misuse [doctor.config, doctor.exit]', async () => {
  const broken = homeWith('{"files": {"command": ["x"],, }');
  const { code, report } = await broken.json();
  expect(code).toBe(1);
  expect(report.findings[0]).toMatchObject({ area: 'configuration', level: 'error' });
  expect(report.findings[0]?.place).toMatch(/config\.json:1:\d+$/);
  const missing = homeWith(undefined);
  expect((await missing.json()).report.findings[0]).toMatchObject({
    level: 'error',
    place: missing.path,
    cure: expect.stringContaining('mcp-gateway import'),
  });
  expect(await homeWith({ files: local() }).run(['fils'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "files"?'),
  });
});

test('Ctrl-C ends it, and every server that it has started [doctor.exit, doctor.clean]', async () => {
  const { file, events } = journal();
  const { run } = homeWith({ silent: local({ neverInitialize: true, journal: file }) });
  const started = () => waitUntil(() => events('start').length > 0, { what: 'the server has started' });
  expect(await run([], { interrupted: async () => void (await started()) })).toMatchObject({ code: 130, stdout: '' });
});

test('many servers are asked in turns, noise on stdout is named, and Node warns of nothing [doctor.turns, doctor.noise, doctor.grouped]', async () => {
  const noise = `console.log('Listening'); console.log('{"level":30}'); process.stdin.resume();`;
  const servers = Object.fromEntries(
    [...Array(14).keys()].map((at) => [`gone${at}`, { command: ['no-such-program', String(at)] }]),
  );
  const { run } = homeWith({ ...servers, noisy: { command: [process.execPath, '-e', noise] } });
  const { stdout, stderr } = await run(['--timeout', '6']);
  expect(stderr).not.toMatch(/Warning/);
  expect(stdout).toMatch(/✗ gone0, gone1, .* and \d more: command cannot start: no-such-program is not on PATH\n/);
  expect(stdout).toContain('noisy: it prints "Listening" and 1 more such line where only JSON-RPC may stand');
  expect(stdout).toContain('noisy: still connecting: no answer to initialize within');
}, 60_000);

test('entries of one server are each asked, and found ready [doctor.alike]', async () => {
  const http = await remote('http', { tools: ['add'] });
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const { json } = homeWith(Object.fromEntries(keys.map((key) => [key, http.entry()])));
  const { report } = await json();
  expect(report.servers.map(({ id, state }) => [id, state])).toEqual(keys.map((key) => [key, 'ready']));
  expect(report.errors).toBe(0);
});
