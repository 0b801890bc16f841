// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importServers } from '../../../src/cli/commands/import.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';

type Files = ReturnType<typeof clientFiles>;

interface Told {
  readonly key: string;
  readonly client: string;
  readonly outcome: string;
  readonly as?: string;
  readonly entry?: JsonObject;
  readonly reason?: string;
  readonly notes: readonly string[];
  readonly permissions?: readonly JsonObject[];
}

/** What an import tells as JSON, by key. */
async function imported(files: Files, sources: readonly string[], env: Record<string, string> = {}) {
  files.said();
  const terminal = { ...files.terminal, env: { ...files.terminal.env, ...env } };
  const code = await importServers({ words: sources, json: true, yes: true }, terminal);
  const { servers, problems } = JSON.parse(files.said()) as { servers: Told[]; problems: string[] };
  return { code, problems, servers, by: Object.fromEntries(servers.map((server) => [server.key, server])) };
}

const json = (value: unknown) => JSON.stringify(value);
const command = (name: string) => ({ command: name });

test('Claude Code: rejected, forbidden and switched off [moving.kept-out]', async () => {
  const files = clientFiles({ empty: true });
  const project = { disabledMcpjsonServers: ['rejected'], disabledMcpServers: ['off'] };
  files.write(
    '.claude.json',
    json({ mcpServers: { off: command('off'), on: command('on') }, projects: { [files.cwd]: project } }),
  );
  const shared = { rejected: command('rejected'), local: command('local'), forbidden: command('f'), ok: command('ok') };
  files.write('project/.mcp.json', json({ mcpServers: shared }));
  files.write('project/.claude/settings.local.json', json({ disabledMcpjsonServers: ['local'] }));
  files.write('.claude/settings.json', json({ deniedMcpServers: [{ serverName: 'forbidden' }] }));
  const { by } = await imported(files, ['claude-code']);
  for (const key of ['rejected', 'local', 'forbidden']) expect(by[key]).toMatchObject({ outcome: 'refused' });
  expect(by.rejected?.reason).toContain('disabledMcpjsonServers');
  expect(by.off).toMatchObject({
    outcome: 'added',
    entry: { enabled: false },
    notes: [expect.stringContaining('switched off')],
  });
  expect([by.on?.entry?.enabled, by.ok?.outcome]).toEqual([undefined, 'added']);
});

test('Gemini CLI and OpenCode: excluded, not allowed, switched off elsewhere [moving.kept-out]', async () => {
  const files = clientFiles({ empty: true });
  const servers = { a: command('a'), b: command('b'), c: command('c'), d: command('d') };
  files.write('.gemini/settings.json', json({ mcp: { allowed: ['a', 'b', 'd'] }, mcpServers: servers }));
  files.write('project/.gemini/settings.json', json({ mcp: { excluded: ['b'] } }));
  files.write('.gemini/mcp-server-enablement.json', json({ d: { enabled: false } }));
  const local = { type: 'local', command: ['x'] };
  files.write('.config/opencode/opencode.json', json({ mcp: { x: local, y: { ...local, command: ['y'] } } }));
  files.write('project/opencode.json', json({ mcp: { x: { enabled: false } } }));
  const { by, servers: told } = await imported(files, ['gemini-cli', 'opencode']);
  expect([by.a?.outcome, by.b?.outcome, by.c?.outcome]).toEqual(['added', 'refused', 'refused']);
  expect(by.d?.entry).toMatchObject({ enabled: false });
  expect(told.filter(({ key }) => key === 'x')).toMatchObject([
    { outcome: 'added', entry: { enabled: false } },
    { outcome: 'refused', reason: expect.stringContaining('switches off') },
  ]);
  expect(by.y?.entry?.enabled).toBeUndefined();
});

test('lists of tools become rules of the server, and hold in the file that is written [moving.tools]', async () => {
  const files = clientFiles({ empty: true });
  const gemini = { ...command('g'), includeTools: ['a', 'b(x)'], excludeTools: ['b'], trust: true };
  files.write('.gemini/settings.json', json({ mcpServers: { g: gemini } }));
  files.write(
    '.codeium/windsurf/mcp_config.json',
    json({ mcpServers: { w: { ...command('w'), disabledTools: ['drop'], alwaysAllow: ['read'] } } }),
  );
  files.write(
    '.codex/config.toml',
    '[mcp_servers.c]\ncommand = "c"\nenabled_tools = []\n[mcp_servers.m]\ncommand = "m"\n[mcp_servers.m.tools.push]\napproval_mode = "prompt"\n',
  );
  files.write('.claude.json', json({ mcpServers: { 'my srv': command('s'), other: command('o') } }));
  files.write(
    '.claude/settings.json',
    json({ permissions: { deny: ['mcp__my_srv__drop', 'mcp__other', 'Bash'], ask: ['mcp__my_srv__push'] } }),
  );
  files.write('.cursor/mcp.json', json({ mcpServers: { u: command('u') } }));
  files.write('.cursor/cli-config.json', json({ permissions: { deny: ['Mcp(u:drop)'], allow: ['Mcp(u:*)'] } }));
  files.write(
    '.config/opencode/opencode.json',
    json({ mcp: { p: { type: 'local', command: ['p'] } }, tools: { 'p_drop*': false }, permission: { p_push: 'ask' } }),
  );
  await imported(files, []);
  const { settings, problems } = await loadConfig(files.config, { HOME: files.home });
  expect(problems).toEqual([]);
  const of = (server: string) =>
    settings.permissions.filter((rule) => rule.server === server).map(({ server: _, ...rule }) => rule);
  expect(of('g')).toEqual([{ tool: ['b'], action: 'deny' }, { tool: ['a', 'b'], action: 'allow' }, { action: 'deny' }]);
  expect(of('w')).toEqual([
    { tool: ['drop'], action: 'deny' },
    { tool: ['read'], action: 'allow' },
  ]);
  expect(of('c')).toEqual([{ action: 'deny' }]);
  expect(of('m')).toEqual([{ tool: ['push'], action: 'ask' }]);
  expect(of('my srv')).toEqual([
    { tool: ['drop'], action: 'deny' },
    { tool: ['push'], action: 'ask' },
  ]);
  expect(of('other')).toEqual([{ action: 'deny' }]);
  expect(of('u')).toEqual([{ tool: ['drop'], action: 'deny' }, { action: 'allow' }]);
  expect(of('p')).toEqual([
    { tool: ['drop*'], action: 'deny' },
    { tool: ['push'], action: 'ask' },
  ]);
});

test('what a second client keeps out of the same server is kept out too [moving.tools, moving.rules-order]', async () => {
  const files = clientFiles({ empty: true });
  files.write('.cursor/mcp.json', json({ mcpServers: { s: command('s') } }));
  files.write('.cursor/cli-config.json', json({ permissions: { allow: ['Mcp(s:*)'] } }));
  files.write(
    '.codeium/windsurf/mcp_config.json',
    json({ mcpServers: { s: { ...command('s'), disabledTools: ['drop'] } } }),
  );
  await imported(files, []);
  const { settings } = await loadConfig(files.config, { HOME: files.home });
  expect(settings.permissions).toEqual([
    { server: 's', tool: ['drop'], action: 'deny' },
    { server: 's', action: 'allow' },
  ]);
});

test.each([
  [
    'config.json',
    '{\n  "mcpServers": {},\n  "permissions": [\n    { "tool": "push", "action": "ask" }, // mine\n    { "action": "allow" }\n  ]\n}\n',
  ],
  ['config.yml', 'servers: []\npermissions:\n  - { tool: push, action: ask } # mine\n  - { action: allow }\n'],
])('rules are added to those of %s such that none is loosened [moving.rules-order]', async (name, text) => {
  const files = clientFiles({ empty: true });
  const path = `.config/mcp-gateway/${name}`;
  files.write(path, text);
  files.write(
    '.gemini/settings.json',
    json({ mcpServers: { g: { ...command('g'), includeTools: ['a'], excludeTools: ['b'] } } }),
  );
  await imported(files, []);
  const { settings, problems } = await loadConfig(`${files.home}/${path}`, { HOME: files.home });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(settings.permissions).toEqual([
    { server: 'g', tool: ['b'], action: 'deny' },
    { tool: 'push', action: 'ask' },
    { server: 'g', tool: ['a'], action: 'allow' },
    { server: 'g', action: 'deny' },
    { action: 'allow' },
  ]);
  expect(files.read(path)).toContain('mine');
});

test('logins, inputs, numbers and times are carried [moving.fields]', async () => {
  const files = clientFiles({ empty: true });
  const oauth = {
    enabled: true,
    clientId: 'id',
    clientSecret: 'kept',
    scopes: ['a', 'b'],
    redirectUri: 'http://localhost:7777/cb',
  };
  files.write(
    '.gemini/settings.json',
    json({ mcpServers: { g: { httpUrl: 'https://g/mcp', oauth, timeout: 15_000 } } }),
  );
  files.write(
    '.cursor/mcp.json',
    json({
      mcpServers: { u: { url: 'https://u/mcp', auth: { CLIENT_ID: 'id', CLIENT_SECRET: 'kept', scopes: ['r'] } } },
    }),
  );
  files.write(
    '.codex/config.toml',
    '[mcp_servers.c]\nurl = "https://c/mcp"\nscopes = ["x"]\nstartup_timeout_sec = 20.5\ntool_timeout_sec = 0.5\n[mcp_servers.d]\ncommand = "d"\nstartup_timeout_ms = 90_000\n',
  );
  const inputs = [
    { id: 'region', type: 'pickString', default: 'eu' },
    { id: 'odd', default: '{}' },
  ];
  const vs = {
    command: 'v',
    args: ['${input:region}', '${input:odd}', 5, true],
    env: { PORT: 5432, DEBUG: true, PROXY: null },
  };
  files.write('.config/Code/User/mcp.json', json({ inputs, servers: { v: vs } }));
  files.write(
    '.config/opencode/opencode.json',
    json({
      mcp: {
        o: { type: 'local', command: ['o'], timeout: 90_000 },
        n: { type: 'remote', url: 'https://n/', oauth: false },
      },
    }),
  );
  const { by } = await imported(files, []);
  const { servers, problems } = await loadConfig(files.config, { HOME: files.home, ODD: '{}' });
  // A secret without its issuer is carried, and warned of.
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(servers.find(({ key }) => key === 'g')).toMatchObject({
    timeoutMs: 15_000,
    oauth: { clientId: 'id', clientSecret: 'kept', scope: 'a b', callbackPort: 7_777 },
  });
  expect(by.g?.notes.join()).toContain('oauth.scopes');
  expect(by.u?.entry).toMatchObject({
    oauth: { clientId: 'id', clientSecret: '{secret:U_CLIENT_SECRET}', scope: 'r' },
  });
  expect(by.c?.entry).toMatchObject({ oauth: { scope: 'x' }, startTimeoutMs: 20_500, timeoutMs: 500 });
  expect(by.d?.entry).toMatchObject({ startTimeoutMs: 90_000 });
  expect(by.v?.entry).toMatchObject({
    command: ['v', '${REGION:-eu}', '${ODD}', '5', 'true'],
    // Not inherited, as there.
    environment: { PORT: '5432', DEBUG: 'true', PROXY: null },
  });
  expect(by.o?.entry).toMatchObject({ startTimeoutMs: 90_000 });
  expect(by.n?.entry).toMatchObject({ oauth: false });
});

test('where a client fills in nothing, what is written is for the shell [moving.literal]', async () => {
  const files = clientFiles({ empty: true });
  files.write(
    '.config/Claude/claude_desktop_config.json',
    json({ mcpServers: { s: { command: 'sh', args: ['-c', 'exec x ${K} ${L:-d}'] } } }),
  );
  files.write('.codex/config.toml', '[mcp_servers.c]\ncommand = "c"\n[mcp_servers.c.env]\nK = "${NOT}"\n');
  const { by } = await imported(files, []);
  expect(by.s?.notes.join()).toContain('${K}');
  expect(by.c?.notes.join()).toContain('${NOT}');
  const { servers, problems } = await loadConfig(files.config, { HOME: files.home });
  expect(problems).toEqual([]);
  expect(servers).toMatchObject([
    { command: ['sh', '-c', 'exec x ${K} ${L:-d}'] },
    { command: ['c'], environment: { K: '${NOT}' } },
  ]);
});

test('a password with a dollar is no variable of Gemini CLI, and a default that stays is not shown [moving.literal, moving.secrets]', async () => {
  const files = clientFiles({ empty: true });
  const env = { DB_PASSWORD: 'kanarien$vogel', REGION: '$region', KEY: '$KEY' };
  files.write('.gemini/settings.json', json({ mcpServers: { g: { command: 'g', env } } }));
  files.write(
    '.codex/config.toml',
    '[mcp_servers.c]\ncommand = "c"\n[mcp_servers.c.env]\nK = "${API_KEY:-kanarienvogel}"\n',
  );
  const { servers } = await imported(files, [], { region: 'eu' });
  expect(json(servers)).not.toMatch(/kanarien|vogel/);
  expect((await imported(files, [], { region: 'eu' })).servers.map(({ outcome }) => outcome)).toEqual(['same', 'same']);
  expect(servers.find(({ key }) => key === 'g')?.entry).toEqual({
    command: ['g'],
    environment: { DB_PASSWORD: '{secret:DB_PASSWORD}', REGION: '${region}', KEY: '${KEY}' },
  });
  const loaded = await loadConfig(files.config, { HOME: files.home, region: 'eu', KEY: 'k' });
  expect(loaded.servers).toMatchObject([
    { environment: { K: '${API_KEY:-kanarienvogel}' } },
    { environment: { DB_PASSWORD: 'kanarien$vogel' } },
  ]);
});

const FORMS = [
  '${P}',
  '${P:-d}',
  '${env:P}',
  '{env:P}',
  '{file:/p}',
  '{secret:P}',
  '$${P}',
  '{{env:P}}',
  '${{file:/p}}',
];

test('each client fills in its own forms, and every other one arrives as it is written [moving.literal]', async () => {
  const files = clientFiles({ empty: true });
  writeFileSync(join(files.home, 'p'), 'read');
  const forms = FORMS.map((form) => form.replace('/p', `${files.home}/p`));
  const entry = (name: string) => ({ command: name, args: forms });
  const servers = (name: string) => json({ mcpServers: { [name]: entry(name) } });
  files.write('.claude.json', servers('claude'));
  files.write('.config/Claude/claude_desktop_config.json', servers('desktop'));
  files.write('.cursor/mcp.json', servers('cursor'));
  files.write('.config/Code/User/mcp.json', json({ servers: { code: entry('code') } }));
  files.write(
    '.config/opencode/opencode.json',
    json({ mcp: { opencode: { type: 'local', command: ['opencode', ...forms] } } }),
  );
  files.write(
    '.codex/config.toml',
    `[mcp_servers.codex]\ncommand = "codex"\nargs = ${json(forms)}\n[mcp_servers.far]\nurl = "https://far/"\nhttp_headers = { A = "\${P}" }\nenv_http_headers = { B = "P" }\n`,
  );
  const windsurf = { command: 'windsurf', args: [...forms, '${file:~/p}'] };
  files.write('.codeium/windsurf/mcp_config.json', json({ mcpServers: { windsurf } }));
  files.write('.gemini/settings.json', servers('gemini'));
  const { by } = await imported(files, []);
  expect(by.cursor?.notes.join()).toContain('${P}, {env:P}');
  const { servers: loaded, problems } = await loadConfig(files.config, { HOME: files.home, P: 'filled' });
  expect(problems).toEqual([]);
  /** What becomes of the forms where those of these places are filled in. */
  const filled = (values: Record<string, string>) => forms.map((form, index) => values[String(index)] ?? form);
  expect(loaded.find(({ key }) => key === 'far')).toMatchObject({ headers: { A: '${P}', B: 'filled' } });
  const of = Object.fromEntries(
    loaded.flatMap((server) => (server.type === 'local' ? [[server.key, server.command.slice(1)]] : [])),
  );
  // `$${P}` and `{{env:P}}` are our own way to write the text, also where a client would fill in what is within.
  const plain = filled({ 0: 'filled', 1: 'filled', 6: '${P}' });
  expect(of).toEqual({
    ...{ claude: plain, gemini: plain, desktop: forms, codex: forms },
    ...{ cursor: filled({ 2: 'filled' }), code: filled({ 2: 'filled' }) },
    windsurf: [...filled({ 2: 'filled' }), 'read'],
    opencode: filled({ 3: 'filled', 4: 'read', 7: '{env:P}', 8: forms[8]?.replace(/\{(.*)\}/, '$1') ?? '' }),
  });
});

const SHAPES: readonly (readonly [string, string, string, JsonObject])[] = [
  [
    'Cline',
    'cline_mcp_settings.json',
    json({ mcpServers: { s: { type: 'streamableHttp', url: 'https://s/', timeout: 90, autoApprove: ['a'] } } }),
    { url: 'https://s/', transport: 'streamable_http', timeoutMs: 90_000 },
  ],
  [
    'Zed',
    'zed/settings.json',
    '{ // mine\n "theme": "x", "context_servers": { "s": { "source": "custom", "command": "x", "args": ["y"], "env": {}, }, "ext": { "settings": {} } } }',
    { command: ['x', 'y'] },
  ],
  [
    'Zed, as it was',
    'settings.json',
    json({ context_servers: { s: { command: { path: 'x', args: ['y'], env: { A: 'b' } } } } }),
    { command: ['x', 'y'], environment: { A: 'b' } },
  ],
  [
    'Goose',
    'goose.yaml',
    'extensions:\n  s:\n    type: stdio\n    cmd: x\n    args: [y]\n    envs: { A: b }\n    env_keys: [KEPT]\n    timeout: 90\n    enabled: true\n    available_tools: [a]\n  developer:\n    type: builtin\n    enabled: true\n',
    { command: ['x', 'y'], environment: { KEPT: '${KEPT}', A: 'b' }, timeoutMs: 90_000 },
  ],
  [
    'Goose, remote',
    'config.yaml',
    'extensions:\n  s: { enabled: false, type: streamable_http, uri: "https://s/" }\n',
    { url: 'https://s/', transport: 'streamable_http', enabled: false },
  ],
  [
    'LibreChat',
    'librechat.yaml',
    'version: 1.2.1\nmcpServers:\n  s:\n    type: streamable-http\n    url: https://s/\n    headers: { X-Key: "{{MY_KEY}}" }\n    customUserVars: { MY_KEY: { title: k } }\n    initTimeout: 70000\n    timeout: 90000\n',
    {
      url: 'https://s/',
      transport: 'streamable_http',
      headers: { 'X-Key': '${MY_KEY}' },
      startTimeoutMs: 70_000,
      timeoutMs: 90_000,
    },
  ],
  [
    'Copilot CLI',
    '.copilot/mcp-config.json',
    json({ mcpServers: { s: { type: 'local', command: 'x', args: ['$Y'], tools: ['*'] } } }),
    { command: ['x', '${Y}'] },
  ],
  [
    'VS Code',
    'mcp.json',
    json({ inputs: [{ id: 'k', default: 'd' }], servers: { s: { command: 'x', args: ['${input:k}'] } } }),
    { command: ['x', '${K:-d}'] },
  ],
  ['VS Code, settings', 'settings.json', json({ mcp: { servers: { s: command('x') } } }), { command: ['x'] }],
  [
    'OpenCode',
    'oc.jsonc',
    json({ mcp: { s: { type: 'local', command: ['x'], environment: { A: 'b' } } } }),
    { command: ['x'], environment: { A: 'b' } },
  ],
  [
    'Codex',
    'codex.toml',
    '[mcp_servers.s]\nurl = "https://s/"\nbearer_token_env_var = "T"\n',
    { url: 'https://s/', headers: { Authorization: 'Bearer ${T}' } },
  ],
  [
    'Gemini CLI',
    '.gemini/settings.json',
    json({ mcpServers: { s: { httpUrl: 'https://s/', headers: { A: '$T' } } } }),
    { url: 'https://s/', headers: { A: '${T}' } },
  ],
  ['Windsurf', 'mcp_config.json', json({ mcpServers: { s: { serverUrl: 'https://s/' } } }), { url: 'https://s/' }],
  [
    'Continue',
    'continue.yaml',
    'name: mine\nmcpServers:\n  - name: s\n    command: x\n    args: ["${{ secrets.T }}"]\n',
    { command: ['x', '${T}'] },
  ],
  [
    'ours, flat',
    'ours.json',
    json({ $gateway: {}, s: { type: 'local', command: ['x'], tags: ['t'], startTimeoutMs: 7, idleTimeoutMs: 0 } }),
    { command: ['x'], tags: ['t'], startTimeoutMs: 7, idleTimeoutMs: 0 },
  ],
  [
    'Crush',
    'crush.json',
    json({ mcp: { s: { type: 'stdio', command: 'x', env: { A: '$B' }, timeout: 120 } } }),
    { command: ['x'], environment: { A: '${B}' }, timeoutMs: 120_000 },
  ],
  [
    'Roo',
    'mcp_settings.json',
    json({ mcpServers: { s: { command: 'x', timeout: 60 } } }),
    { command: ['x'], timeoutMs: 60_000 },
  ],
  [
    'any client, seconds',
    'a.json',
    json({ mcpServers: { s: { command: 'x', timeout: 60 } } }),
    { command: ['x'], timeoutMs: 60_000 },
  ],
  [
    'any client, milliseconds',
    'a.json',
    json({ mcpServers: { s: { command: 'x', timeout: 60_000 } } }),
    { command: ['x'], timeoutMs: 60_000 },
  ],
  ['one server, named by its file', 'f/s.json', json({ command: 'x' }), { command: ['x'] }],
  ['ours, listed', 'ours.yml', 'servers:\n  - id: s\n    command: x\n    args: [y]\n', { command: ['x', 'y'] }],
  ['a list without a file name', 'list.json', json({ mcpServers: [{ name: 's', command: 'x' }] }), { command: ['x'] }],
  ['one server', 's/server.json', json({ command: 'x', args: ['y'] }), { command: ['x', 'y'] }],
];

test.each(SHAPES)('import <file> reads %s [moving.any-file]', async (_, path, text, entry) => {
  const files = clientFiles({ empty: true });
  files.write(path, text);
  const { by, problems } = await imported(files, [`~/${path}`]);
  expect({ problems, entry: by.s?.entry }).toEqual({ problems: [], entry });
});

/** Files of clients in which something is kept out, switched off or ruled: by the client and by the path. */
const KEPT_OUT: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    'gemini-cli',
    '.gemini/settings.json',
    {
      '.gemini/settings.json': json({
        mcp: { allowed: ['a', 'c', 'e'], excluded: ['c'] },
        mcpServers: { a: command('a'), b: command('b'), c: command('c'), e: command('e') },
      }),
      '.gemini/mcp-server-enablement.json': json({ e: { enabled: false } }),
    },
  ],
  [
    'opencode',
    '.config/opencode/opencode.json',
    {
      '.config/opencode/opencode.json': json({
        mcp: { a: { type: 'local', command: ['x', './a'] }, b: { type: 'local', command: ['b'] } },
        tools: { 'a_*': false, b_del: false },
        permission: { b_x: 'ask' },
      }),
      'project/opencode.json': json({ mcp: { b: { enabled: false } } }),
    },
  ],
  [
    'claude-code',
    '.claude.json',
    {
      '.claude.json': json({ mcpServers: { a: command('a'), b: command('b') } }),
      '.claude/settings.json': json({ deniedMcpServers: ['a'], permissions: { deny: ['mcp__b__drop'] } }),
    },
  ],
  [
    'claude-code',
    'project/.mcp.json',
    {
      'project/.mcp.json': json({ mcpServers: { a: command('a'), b: command('b') } }),
      'project/.claude/settings.json': json({ disabledMcpjsonServers: ['a'] }),
    },
  ],
  [
    'cursor',
    '.cursor/mcp.json',
    {
      '.cursor/mcp.json': json({ mcpServers: { a: command('a'), b: { ...command('b'), disabled: true } } }),
      '.cursor/cli-config.json': json({ permissions: { deny: ['Mcp(a:drop)'] } }),
    },
  ],
  [
    'codex',
    '.codex/config.toml',
    { '.codex/config.toml': '[mcp_servers.a]\ncommand = "a"\nenabled = false\n[mcp_servers.b]\ncommand = "b"\n' },
  ],
  [
    'windsurf',
    '.codeium/windsurf/mcp_config.json',
    { '.codeium/windsurf/mcp_config.json': json({ mcpServers: { a: { ...command('a'), disabledTools: ['x'] } } }) },
  ],
  [
    'vs-code',
    'project/.vscode/mcp.json',
    { 'project/.vscode/mcp.json': json({ inputs: [{ id: 'k' }], servers: { a: command('${input:k}') } }) },
  ],
];

test.each(KEPT_OUT)(
  'of %s, %s by its path is taken as by the client [moving.kept-out]',
  async (client, path, texts) => {
    const [byClient, byPath] = await Promise.all(
      [[client], [path]].map(async ([source = '']) => {
        const files = clientFiles({ empty: true });
        for (const [name, text] of Object.entries(texts)) files.write(name, text);
        const at = path.startsWith('project/')
          ? join(files.cwd, path.slice('project/'.length))
          : join(files.home, path);
        const { servers, problems } = await imported(files, [source === path ? at : source]);
        const told = servers.filter((server) => 'file' in server && server.file === at);
        const plain = json({ told, problems }).replaceAll(files.home, '~').replaceAll(files.cwd, '.');
        return JSON.parse(plain) as { told: Told[] };
      }),
    );
    expect(byClient?.told.length).toBeGreaterThan(0);
    expect(byPath).toEqual(byClient);
  },
);

test('what a file of a client keeps out counts wherever the file lies [moving.kept-out]', async () => {
  const files = clientFiles({ empty: true });
  const servers = { a: command('a'), b: command('b') };
  files.write('saved/gemini.json', json({ excludeMCPServers: ['b'], mcpServers: servers }));
  files.write('saved/claude.json', json({ deniedMcpServers: ['b'], mcpServers: servers }));
  files.write('saved/qwen.json', json({ mcp: { allowed: ['a'] }, mcpServers: servers }));
  for (const name of ['gemini', 'claude', 'qwen']) {
    const { by } = await imported(files, [`~/saved/${name}.json`]);
    expect([by.a?.outcome, by.b?.outcome]).toEqual([name === 'gemini' ? 'added' : 'same', 'refused']);
  }
  files.write('saved/oc.json', json({ mcp: { o: { type: 'local', command: ['o'] } }, tools: { o_del: false } }));
  files.write('saved/amp.json', json({ 'amp.mcpServers': { p: command('p') }, 'amp.tools.disable': ['mcp__p__del'] }));
  files.write(
    'saved/crush.json',
    json({ mcp: { q: { type: 'stdio', ...command('q') } }, options: { disabled_tools: ['mcp_q_del'] } }),
  );
  for (const name of ['oc', 'amp', 'crush']) {
    const { servers: told } = await imported(files, [`~/saved/${name}.json`]);
    expect(told[0]?.permissions).toEqual([{ server: told[0]?.key, tool: ['del'], action: 'deny' }]);
  }
});

test.each([
  [{ isActive: false }, false],
  [{ isActive: true }, undefined],
  [{ active: false }, false],
  [{ enable: false }, false],
  [{ isDisabled: true }, false],
  [{ status: 'inactive' }, false],
  [{ status: 'connected' }, undefined],
])('a server with %j is enabled: %s [moving.kept-out]', async (said, enabled) => {
  const files = clientFiles({ empty: true });
  files.write('x.json', json({ mcpServers: { s: { ...command('x'), ...said } } }));
  const { by } = await imported(files, ['~/x.json']);
  expect([by.s?.outcome, by.s?.entry?.enabled]).toEqual(['added', enabled]);
});

test('servers of a list without names are called after what they run [moving.any-file]', async () => {
  const files = clientFiles({ empty: true });
  const servers = [
    { transport: { type: 'stdio', command: 'npx', args: ['-y', '@scope/mcp-notes@1.2.0'] } },
    { transport: { type: 'sse', url: 'https://mcp.example.com/sse' } },
    { transport: { type: 'stdio', command: 'sh', args: ['-c', 'srv --token hidden12'] } },
  ];
  files.write('.continue/config.json', json({ experimental: { modelContextProtocolServers: servers } }));
  const { servers: told } = await imported(files, ['~/.continue/config.json']);
  expect(told.map(({ key }) => key)).toEqual(['mcp-notes', 'mcp.example.com', 'sh']);
});

test('a workspace and a container of VS Code have their servers started in the project [moving.any-file]', async () => {
  const files = clientFiles({ empty: true });
  const mcp = {
    inputs: [{ id: 'k', default: 'd' }],
    servers: { s: { command: 'x', args: ['${input:k}', '${workspaceFolder}'] } },
  };
  files.write('project/my.code-workspace', json({ folders: [{ path: 'app' }], settings: { mcp } }));
  files.write('project/.devcontainer/devcontainer.json', json({ customizations: { vscode: { mcp } } }));
  files.write(
    'project/.devcontainer.json',
    json({ customizations: { vscode: { settings: { 'mcp.servers': mcp.servers } } } }),
  );
  const entryIn = async (name: string) => (await imported(files, [join(files.cwd, name)])).by.s?.entry;
  const app = join(files.cwd, 'app');
  expect(await entryIn('my.code-workspace')).toEqual({ command: ['x', '${K:-d}', app], cwd: app });
  const inProject = { command: ['x', '${K:-d}', files.cwd], cwd: files.cwd };
  expect(await entryIn('.devcontainer/devcontainer.json')).toEqual(inProject);
  expect(await entryIn('.devcontainer.json')).toEqual({ ...inProject, command: ['x', '${K}', files.cwd] });
});

test('the rules of a configuration of a gateway come along, those of each server in their order [moving.tools]', async () => {
  const files = clientFiles({ empty: true });
  const permissions = [
    { tool: 'get_*', action: 'allow' },
    { server: ['a', 'none'], tool: 'get_secret', action: 'deny' },
    { id: 'b::drop', action: 'deny' },
    { tags: ['t'], readOnlyHint: true, action: 'ask' },
    { server: 'none', action: 'deny' },
  ];
  files.write(
    'ours.json',
    json({
      servers: [
        { id: 'a', command: 'a', tags: ['t'] },
        { id: 'b', command: 'b' },
      ],
      permissions,
    }),
  );
  files.write('.config/mcp-gateway/config.json', json({ b: { command: ['other'] } }));
  await imported(files, ['~/ours.json']);
  const { settings } = await loadConfig(files.config, { HOME: files.home });
  expect(settings.permissions).toEqual([
    { server: 'a', tool: ['get_*'], action: 'allow' },
    { server: 'a', tool: ['get_secret'], action: 'deny' },
    { server: 'a', readOnlyHint: true, action: 'ask' },
    { server: 'b-2', tool: ['get_*'], action: 'allow' },
    { server: 'b-2', id: ['*::drop'], action: 'deny' },
  ]);
});

test('a file without servers is told with what was looked for; so is a word that is no client [moving.any-file]', async () => {
  const files = clientFiles({ empty: true });
  files.write('x.json', json({ other: { a: 1 }, theme: 'dark' }));
  const { code, problems } = await imported(files, ['~/x.json']);
  expect([code, problems[0]]).toEqual([
    1,
    expect.stringMatching(/x\.json: no servers in it; looked for mcpServers, .*context_servers/),
  ]);
  files.write('y.yaml', 'mcpServers: {}\n');
  expect((await imported(files, ['~/y.yaml'])).problems[0]).toContain('no servers in it');
  expect(await importServers({ words: ['cline'] }, files.terminal)).toBe(2);
  expect(files.said()).toContain('of any other client name the file');
});

test('variables, profiles, editions and folders above lead to files [moving.places]', async () => {
  const files = clientFiles({ empty: true });
  const at = (name: string) => join(files.home, name);
  files.write('claude/.claude.json', json({ mcpServers: { claude: command('1') } }));
  files.write('codex/config.toml', '[mcp_servers.codex]\ncommand = "2"\n');
  files.write('oc.json', json({ mcp: { opencode: { type: 'local', command: ['3'] } } }));
  files.write('ocdir/opencode.jsonc', json({ mcp: { folder: { type: 'local', command: ['4'] } } }));
  files.write('xdg/Code - Insiders/User/mcp.json', json({ servers: { insiders: command('5') } }));
  files.write('xdg/Code/User/profiles/abc/mcp.json', json({ servers: { profile: command('6') } }));
  files.write('xdg/Code/User/settings.json', json({ mcp: { servers: { settings: command('7') } } }));
  files.write('.codeium/windsurf-next/mcp_config.json', json({ mcpServers: { next: command('8') } }));
  files.write('gem/.gemini/settings.json', json({ mcpServers: { gemini: command('9') } }));
  files.write('project/.mcp.json', json({ mcpServers: { above: command('10') } }));
  files.write('project/.opencode/opencode.json', json({ mcp: { dotted: { type: 'local', command: ['11'] } } }));
  mkdirSync(join(files.cwd, '.git'));
  mkdirSync(join(files.cwd, 'sub/deep'), { recursive: true });
  const env = {
    ...{ CLAUDE_CONFIG_DIR: at('claude'), CODEX_HOME: at('codex'), OPENCODE_CONFIG: at('oc.json') },
    ...{ OPENCODE_CONFIG_DIR: at('ocdir'), XDG_CONFIG_HOME: at('xdg'), GEMINI_CLI_HOME: at('gem') },
  };
  const inFolder = { ...files, terminal: { ...files.terminal, cwd: join(files.cwd, 'sub/deep') } };
  const { by } = await imported(inFolder, [], env);
  const keys = [
    'claude',
    'codex',
    'opencode',
    'folder',
    'insiders',
    'profile',
    'settings',
    'next',
    'gemini',
    'above',
    'dotted',
  ];
  expect(Object.keys(by).sort()).toEqual([...keys].sort());
  expect(by.above?.entry).toEqual({ command: ['10'], cwd: files.cwd });
});

test.each([
  ['.mcp.json', 'mcpServers'],
  ['.vscode/mcp.json', 'servers'],
  ['.cursor/mcp.json', 'mcpServers'],
  ['.roo/mcp.json', 'mcpServers'],
])('servers of %s start in the folder of the project, given by its path or not [moving.project]', async (name, map) => {
  const files = clientFiles({ empty: true });
  const entries = {
    ...{ bare: { command: 'node', args: ['server.mjs'] }, shell: { command: 'sh', args: ['-c', 'exec node x.mjs'] } },
    ...{
      pwd: { command: 'x', args: ['${PWD}/data'] },
      placed: { command: 'x', cwd: './sub' },
      home: { command: 'y', cwd: '~' },
    },
    ...{ remote: { url: 'https://r/' } },
  };
  files.write(`project/${name}`, json({ [map]: entries }));
  const { by } = await imported(files, [`${files.cwd}/${name}`]);
  expect(by.bare?.entry).toEqual({ command: ['node', 'server.mjs'], cwd: files.cwd });
  expect(by.shell?.entry?.cwd).toBe(files.cwd);
  // Of these clients only one fills it in.
  const pwd = name === '.mcp.json' ? files.cwd : '$${PWD}';
  expect(by.pwd?.entry).toEqual({ command: ['x', `${pwd}/data`], cwd: files.cwd });
  expect([by.placed?.entry?.cwd, by.home?.entry?.cwd]).toEqual([join(files.cwd, 'sub'), '~']);
  expect(by.remote?.entry).toEqual({ url: 'https://r/' });
});
