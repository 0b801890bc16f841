// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientHome } from '../../../src/cli/client-configs/client.ts';
import { openSecrets } from '../../../src/cli/client-configs/our-secrets.ts';
import { importServers } from '../../../src/cli/commands/import.ts';
import { install } from '../../../src/cli/commands/install.ts';
import { switchInFile } from '../../../src/cli/commands/switch.ts';
import { warnOfOpenSecrets } from '../../../src/cli/commands/warn-of-open-secrets.ts';
import { checkSecrecy } from '../../../src/cli/doctor/check-installation.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { mayBeOpen } from '../../../src/config/open-files.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';

const json = (value: unknown) => JSON.stringify(value);
const TOKEN = 'ghp_a0made1up2credential3';
const OURS = '.config/mcp-gateway/config.json';
const SECRETS = '.config/mcp-gateway/secrets.env';

function server(token: string) {
  return { url: 'https://hub.example.com/mcp', headers: { Authorization: `Bearer ${token}` } };
}

test.each(['${HUB}', '${env:HUB}', '{env:HUB}'])(
  'a secret is kept for an entry whose %s has no value [moving.same]',
  async (written) => {
    const files = clientFiles({ empty: true });
    files.write(OURS, json({ hub: server(written) }));
    files.write('.cursor/mcp.json', json({ mcpServers: { hub: server(TOKEN) } }));
    await importServers({ words: [], yes: true }, files.terminal);
    const said = files.said();
    expect(said).toContain('= hub  is there already');
    expect(said).toContain('HUB   # from ~/.cursor/mcp.json: mcpServers.hub');
    expect(said).not.toContain(TOKEN);
    const { servers, problems } = await loadConfig(files.config, { HOME: files.home });
    expect(problems).toEqual([]);
    expect(servers).toMatchObject([{ headers: { Authorization: `Bearer ${TOKEN}` } }]);
    await importServers({ words: [], yes: true }, files.terminal);
    expect(files.said()).toContain('Nothing new: the 1 server is there already.\nNext: mcp-gateway install cursor\n');
  },
);

test('one file has the variable, a later one the secret: they are one server, and it starts [moving.same]', async () => {
  const files = clientFiles({ empty: true });
  files.write('.claude.json', json({ mcpServers: { one: { command: 'x', env: { HUB_TOKEN: '${HUB_TOKEN}' } } } }));
  files.write(
    '.gemini/settings.json',
    json({ mcpServers: { two: { command: 'x', env: { HUB_TOKEN: '$HUB_TOKEN' } } } }),
  );
  files.write('.cursor/mcp.json', json({ mcpServers: { three: { command: 'x', env: { HUB_TOKEN: TOKEN } } } }));
  await importServers({ words: [], yes: true }, files.terminal);
  const { servers } = await loadConfig(files.config, { HOME: files.home });
  expect(servers).toMatchObject([{ key: 'one', environment: { HUB_TOKEN: TOKEN } }]);
});

test('a secret that is kept counts whatever the shell of a later start has under its name [moving.same]', async () => {
  const files = clientFiles({ empty: true });
  files.write('.cursor/mcp.json', json({ mcpServers: { a: { command: 'a', env: { HUB_TOKEN: TOKEN } } } }));
  const env = { ...files.terminal.env, HUB_TOKEN: 'another' };
  await importServers({ words: [], yes: true }, { ...files.terminal, env });
  for (const later of ['another', TOKEN, undefined]) {
    const { servers } = await loadConfig(files.config, { HOME: files.home, HUB_TOKEN: later });
    expect(servers).toMatchObject([{ environment: { HUB_TOKEN: TOKEN } }]);
  }
  files.said();
  await importServers({ words: [], yes: true }, { ...files.terminal, env });
  expect(files.said()).toContain('Nothing new: the 1 server is there already.');
});

test('a renewed token takes the place of the old one, and no server is doubled [moving.renewed]', async () => {
  const files = clientFiles({ empty: true });
  const both = (one: string, two: string) => {
    files.write('.cursor/mcp.json', json({ mcpServers: { hub: server(one) } }));
    files.write('.codeium/windsurf/mcp_config.json', json({ mcpServers: { hub: server(two) } }));
  };
  const told = async () => {
    files.said();
    await importServers({ words: [], yes: true }, files.terminal);
    const { servers } = await loadConfig(files.config, { HOME: files.home });
    return servers.map((each) => [each.key, each.type === 'remote' && each.headers.Authorization]);
  };
  both(TOKEN, TOKEN);
  expect(await told()).toEqual([['hub', `Bearer ${TOKEN}`]]);
  both(`${TOKEN}new`, `${TOKEN}new`);
  files.said();
  expect(await told()).toEqual([['hub', `Bearer ${TOKEN}new`]]);
  const said = files.said();
  expect(said).toContain('changed there: the new value of HUB_TOKEN takes the place of ours');
  expect(said).not.toContain(TOKEN);
  expect(files.read(SECRETS)).toBe(`HUB_TOKEN='${TOKEN}new'\n`);
  // Where one still has it, the other is another account, and each is renewed by itself.
  both(`${TOKEN}new`, `${TOKEN}2`);
  expect(await told()).toEqual([
    ['hub', `Bearer ${TOKEN}new`],
    ['hub-2', `Bearer ${TOKEN}2`],
  ]);
  both(`${TOKEN}new`, `${TOKEN}3`);
  expect(await told()).toEqual([
    ['hub', `Bearer ${TOKEN}new`],
    ['hub-2', `Bearer ${TOKEN}3`],
  ]);
});

test('what a client forbids or switches off after an import is forbidden and off after the next [moving.since]', async () => {
  const files = clientFiles({ empty: true });
  const path = '.codeium/windsurf/mcp_config.json';
  const write = (servers: object) => files.write(path, json({ mcpServers: servers }));
  const again = async () => {
    files.said();
    await importServers({ words: [], yes: true }, files.terminal);
    const { settings, disabled } = await loadConfig(files.config, { HOME: files.home });
    return { rules: settings.permissions, disabled, said: files.said() };
  };
  write({ a: { command: 'a' }, b: { command: 'b', enabledTools: ['x', 'y'] }, c: { command: 'c' } });
  await again();
  const now = {
    a: { command: 'a', disabledTools: ['drop'] },
    b: { command: 'b', enabledTools: ['x'] },
    c: { command: 'c', disabled: true },
  };
  write(now);
  const first = await again();
  expect(first.rules).toEqual([
    { server: 'a', tool: ['drop'], action: 'deny' },
    { server: 'b', tool: ['y'], action: 'deny' },
    { server: 'b', tool: ['x', 'y'], action: 'allow' },
    { server: 'b', action: 'deny' },
  ]);
  expect(first.disabled).toEqual(['c']);
  expect(first.said).toContain('switched off in Windsurf: switched off here too');
  expect((await again()).said).toContain('Nothing new');
  // A person has rejected a server of the project since.
  files.write('project/.mcp.json', json({ mcpServers: { p: { command: 'p' } } }));
  await again();
  files.write('project/.claude/settings.local.json', json({ disabledMcpjsonServers: ['p'] }));
  expect((await again()).disabled).toEqual(['c', 'p']);
  // Nor does it come back: what is off is told as rejected.
  expect((await again()).said).toContain('! p  left out: it was rejected in Claude Code');
  // What a person switches on here stays on; another client that has it on counts too.
  await switchInFile(true, { words: ['c'] }, files.terminal);
  expect((await again()).disabled).toEqual(['p']);
  files.write('.cursor/mcp.json', json({ mcpServers: { a: { command: 'a' } } }));
  write({ ...now, a: { ...now.a, disabled: true } });
  expect((await again()).disabled).toEqual(['p']);
  // Who goes through the gateway switches off what it has moved.
  files.write('.cursor/mcp.json', json({ mcpServers: {} }));
  write({ ...now, a: { ...now.a, disabled: true }, gateway: { command: 'mcp-gateway' } });
  expect((await again()).disabled).toEqual(['p']);
});

const REJECTIONS: readonly (readonly [string, object])[] = [
  ['project/.claude/settings.local.json', { disabledMcpjsonServers: ['p'] }],
  ['.claude/settings.json', { deniedMcpServers: [{ serverName: 'p' }] }],
  ['.claude/settings.json', { allowedMcpServers: [{ serverName: 'other' }] }],
];

test.each(
  [{ command: 'p' }, { type: 'http', url: 'https://p.example/mcp' }].flatMap((entry) =>
    REJECTIONS.map(([path, says]) => ({ entry, path, says })),
  ),
)(
  'a server of a project that is rejected since goes off: $entry, $says [moving.since]',
  async ({ entry, path, says }) => {
    const files = clientFiles({ empty: true });
    const disabled = async () => {
      await importServers({ words: [], yes: true }, files.terminal);
      return (await loadConfig(files.config, { HOME: files.home })).disabled;
    };
    files.write('project/.mcp.json', json({ mcpServers: { p: entry } }));
    expect(await disabled()).toEqual([]);
    files.write(path, json(says));
    expect(await disabled()).toEqual(['p']);
    files.said();
    expect(await disabled()).toEqual(['p']);
    expect(files.said()).toContain('! p  left out: ');
    // Who switches it on here has the last word.
    await switchInFile(true, { words: ['p'] }, files.terminal);
    expect(await disabled()).toEqual([]);
  },
);

test('a remote server of the user stays on though a project has it too, where it is rejected [moving.since]', async () => {
  const files = clientFiles({ empty: true });
  const mcpServers = { p: { type: 'http', url: 'https://p.example/mcp' } };
  for (const path of ['.cursor/mcp.json', 'project/.mcp.json']) files.write(path, json({ mcpServers }));
  await importServers({ words: [], yes: true }, files.terminal);
  files.write('project/.claude/settings.local.json', json({ disabledMcpjsonServers: ['p'] }));
  await importServers({ words: [], yes: true }, files.terminal);
  expect((await loadConfig(files.config, { HOME: files.home })).disabled).toEqual([]);
});

test('the file of a project changes nothing of a server that is the user’s [moving.renewed, moving.since]', async () => {
  const files = clientFiles({ empty: true });
  files.write('.cursor/mcp.json', json({ mcpServers: { hub: server(TOKEN), a: { command: 'a' } } }));
  await importServers({ words: [], yes: true }, files.terminal);
  files.write('.cursor/mcp.json', json({ mcpServers: {} }));
  const text = files.read(OURS);
  files.write('project/.cursor/mcp.json', json({ mcpServers: { a: { command: 'a', disabled: true } } }));
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.read(OURS)).toBe(text);
  files.write('project/.mcp.json', json({ mcpServers: { a: { command: 'a' } } }));
  files.write('project/.claude/settings.local.json', json({ disabledMcpjsonServers: ['a'] }));
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.read(OURS)).toBe(text);
  files.write('project/.cursor/mcp.json', json({ mcpServers: { hub: server(`${TOKEN}5`) } }));
  await importServers({ words: [], yes: true }, files.terminal);
  const { servers } = await loadConfig(files.config, { HOME: files.home });
  expect(servers.map((each) => [each.key, each.type === 'remote' && each.headers.Authorization])).toEqual([
    ['hub', `Bearer ${TOKEN}`],
    ['a', false],
    ['hub-2', `Bearer ${TOKEN}5`],
  ]);
});

test('what is to be set is named once, and neither what a script sets itself nor what the entry has [moving.same]', async () => {
  const files = clientFiles({ empty: true });
  const script = 'for i in 1 2; do echo ${i}; done; D=1; exec x ${D} ${BASH_VERSION}';
  const servers = {
    a: { command: 'sh', args: ['-c', script] },
    b: { command: 'b', args: ['${FOO}', '${FOO}', '${OWN}'], env: { OWN: '1', FOO: '${FOO}', X: '{env:Y}' } },
  };
  files.write('.claude.json', json({ mcpServers: servers }));
  await importServers({ words: [], yes: true }, files.terminal);
  const said = files.said();
  expect(said.match(/export \w+/g)).toEqual(['export FOO']);
  await install({ words: ['claude-code'], yes: true }, files.terminal);
  expect(files.said()).toContain('mcpServers.b  stays until FOO is set\n');
});

test('another account is another server, and so are two names in one file [moving.same]', async () => {
  const files = clientFiles({ empty: true });
  files.write(
    '.cursor/mcp.json',
    json({ mcpServers: { hub: server(TOKEN), again: server(TOKEN), other: server(`${TOKEN}4`) } }),
  );
  await importServers({ words: [], yes: true }, files.terminal);
  const text = files.read(OURS);
  const { servers, problems } = await loadConfig(files.config, { HOME: files.home });
  expect(problems).toEqual([]);
  expect(servers.map((each) => [each.key, each.type === 'remote' && each.headers.Authorization])).toEqual([
    ['hub', `Bearer ${TOKEN}`],
    ['again', `Bearer ${TOKEN}`],
    ['other', `Bearer ${TOKEN}4`],
  ]);
  files.said();
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.said()).toContain('Nothing new: all 3 servers are there already.');
  expect(files.read(OURS)).toBe(text);
});

test.each([
  ['.cursor/mcp.json', json({ mcpServers: { a: { command: 'a' } } })],
  ['.gemini/settings.json', json({ mcpServers: { a: { command: 'a' } } })],
  ['.codex/config.toml', '[mcp_servers.a]\ncommand = "a"\n'],
])('in the home directory ~/%s is the user’s file, and no project’s besides [moving.same]', async (path, text) => {
  const files = clientFiles({ empty: true });
  files.write(path, text);
  await importServers({ words: [], yes: true }, { ...files.terminal, cwd: files.home });
  expect(JSON.parse(files.read(OURS))).toEqual({ a: { command: ['a'] } });
});

test('a link to a user’s file is the same file, and so is the path of a client’s [moving.same]', async () => {
  const files = clientFiles({ empty: true });
  files.write('.cursor/mcp.json', json({ mcpServers: { a: { command: 'a' } } }));
  mkdirSync(join(files.cwd, '.cursor'));
  symlinkSync(join(files.home, '.cursor/mcp.json'), join(files.cwd, '.cursor/mcp.json'));
  symlinkSync(files.home, join(files.cwd, 'house'));
  for (const cwd of [files.cwd, join(files.cwd, 'house')])
    await importServers({ words: ['cursor', '~/.cursor/mcp.json'], yes: true }, { ...files.terminal, cwd });
  await importServers({ words: [join(files.cwd, '.cursor/mcp.json')], yes: true }, files.terminal);
  expect(JSON.parse(files.read(OURS))).toEqual({ a: { command: ['a'] } });
});

test('a user’s server has its name before one of a project [moving.same]', async () => {
  const files = clientFiles({ empty: true });
  files.write('project/.mcp.json', json({ mcpServers: { hub: { command: 'theirs' } } }));
  files.write('.codex/config.toml', '[mcp_servers.hub]\ncommand = "mine"\n');
  await importServers({ words: [], yes: true }, files.terminal);
  expect(JSON.parse(files.read(OURS))).toEqual({
    hub: { command: ['mine'] },
    'hub-2': { command: ['theirs'], cwd: files.cwd },
  });
  // The same as the user's, but for where it starts, is no other server.
  files.write('project/.mcp.json', json({ mcpServers: { mine: { command: 'mine' } } }));
  files.said();
  await importServers({ words: ['claude-code'], yes: true }, files.terminal);
  expect(files.said()).toContain('= hub  is there already');
});

test('it ends with the command to run next [moving.next]', async () => {
  const files = clientFiles({ empty: true });
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.said()).toContain('No servers found.');
  files.write('.cursor/mcp.json', json({ mcpServers: { a: { command: 'a' } } }));
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.said()).toMatch(/\nNext: mcp-gateway install cursor\n$/);
  files.write('.cursor/mcp.json', json({ mcpServers: { b: { command: 'b' }, gateway: { command: 'mcp-gateway' } } }));
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.said()).toMatch(/\nNext: mcp-gateway doctor\n$/);
});

test('secrets close the file that they are added to, also behind a link [moving.secrets-mode]', async () => {
  const files = clientFiles({ empty: true });
  files.write('kept/secrets.env', 'OLD=1\n');
  mkdirSync(join(files.home, '.config/mcp-gateway'), { recursive: true });
  symlinkSync(join(files.home, 'kept/secrets.env'), join(files.home, SECRETS));
  chmodSync(join(files.home, 'kept/secrets.env'), 0o644);
  files.write('.cursor/mcp.json', json({ mcpServers: { hub: server(TOKEN) } }));
  await importServers({ words: [], yes: true }, files.terminal);
  expect(files.read('kept/secrets.env')).toBe(`OLD=1\nHUB_TOKEN='${TOKEN}'\n`);
  expect(statSync(join(files.home, 'kept/secrets.env')).mode & 0o777).toBe(0o600);
});

test('files with secrets that others may read are named: of secrets, named ones, and the configuration [moving.open-files]', async () => {
  const files = clientFiles({ empty: true });
  const home = clientHome(files.terminal);
  const settings = {
    secrets: { file: 'secrets.env' },
    auth: { strategy: 'api-key', apiKeys: [`sha256:${'0'.repeat(64)}`] },
  };
  const entry = { url: 'https://h/mcp', headers: { Authorization: 'Bearer {file:~/token}', 'X-Key': '${KEY}' } };
  files.write(OURS, json({ $gateway: settings, hub: entry }));
  files.write(SECRETS, 'KEY=x\n');
  files.write('token', 'x');
  const paths = [SECRETS, 'token', OURS].map((name) => join(files.home, name));
  const close = (mode: number) => {
    for (const path of paths) chmodSync(path, mode);
  };
  const open = async () => (await openSecrets(files.config, home)).map(({ path, who }) => [path, who]);
  close(0o644);
  // The configuration itself holds none.
  expect(await open()).toEqual(paths.slice(0, 2).map((path) => [path, 'everybody on this machine']));
  close(0o640);
  expect(await open()).toEqual(paths.slice(0, 2).map((path) => [path, 'its group']));
  files.write(OURS, json({ $gateway: settings, hub: { ...entry, headers: { 'X-Key': TOKEN } } }));
  const findings = await checkSecrecy(files.config, home);
  expect(findings.map(({ place, cure }) => [place, cure])).toContainEqual([paths[2], `chmod 600 ${paths[2]}`]);
  expect(json(findings)).not.toContain(TOKEN);
  const logged: string[] = [];
  const pass = () => {};
  const log = {
    debug: pass,
    info: pass,
    error: pass,
    setLevel: pass,
    warning: (message: string) => void logged.push(message),
  };
  await warnOfOpenSecrets(files.config, log);
  expect(logged).toContainEqual(expect.stringMatching(/config\.json: its group may read it: .*chmod 600/));
  expect(mayBeOpen(await loadConfig(files.config, { HOME: files.home }))).toBe(true);
  close(0o600);
  expect(await open()).toEqual([]);
});

test('of the backups the newest five stay [moving.backups]', async () => {
  const files = clientFiles({ empty: true });
  for (let count = 0; count < 8; count++) {
    files.write('.cursor/mcp.json', json({ mcpServers: { [`s${count}`]: { command: `s${count}` } } }));
    await importServers({ words: [], yes: true }, files.terminal);
  }
  const names = readdirSync(join(files.home, '.config/mcp-gateway')).filter((name) => name.includes('.bak-'));
  expect(names).toHaveLength(5);
  const latest = files.read(`.config/mcp-gateway/${names.sort().at(-1)}`);
  expect(Object.keys(JSON.parse(latest))).toHaveLength(7);
});
