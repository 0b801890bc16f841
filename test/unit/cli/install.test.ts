import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clientHome } from '../../../src/cli/client-configs/client.ts';
import { CLIENTS } from '../../../src/cli/client-configs/clients.ts';
import { findServers } from '../../../src/cli/client-configs/found-servers.ts';
import { objectAt, parseClientText } from '../../../src/cli/client-configs/read-client-file.ts';
import { agentsMd } from '../../../src/cli/commands/agents-md.ts';
import { importServers } from '../../../src/cli/commands/import.ts';
import { install } from '../../../src/cli/commands/install.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';

const BIN = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));
const TEMPLATE = readFileSync(new URL('../../../AGENTS.template.md', import.meta.url), 'utf8');

function fileOf(id: string, files: ReturnType<typeof clientFiles>): string {
  const places = CLIENTS.find((client) => client.id === id)?.places(clientHome(files.terminal)) ?? [];
  const users = places.filter(({ scope, path }) => scope === 'user' && files.exists(path.slice(files.home.length + 1)));
  return users[0]?.path.slice(files.home.length + 1) ?? expect.fail(id);
}

test.each(CLIENTS.filter(({ id }) => !['claude-code', 'vs-code'].includes(id)).map(({ id }) => id))(
  'install and --undo for %s leave the file as it was, byte for byte [home.install, home.install-undo]',
  async (id) => {
    const files = clientFiles();
    const path = fileOf(id, files);
    const before = files.read(path);
    expect(await install({ words: [id], yes: true }, files.terminal)).toBe(0);
    const installed = files.read(path);
    expect(installed).toContain('/opt/gateway/dist/index.js');
    for (const text of before.match(/"[^"\n]*"/g) ?? []) expect(installed).toContain(text);
    files.said();
    expect(await install({ words: [id], yes: true }, files.terminal)).toBe(0);
    expect(files.said()).toContain('is there already, as gateway');
    expect(await install({ words: [id], yes: true, undo: true }, files.terminal)).toBe(0);
    expect(files.read(path)).toBe(before);
  },
);

test('Claude Code gets alwaysLoad; an older entry of ours is replaced, and restored [home.install-claude-code]', async () => {
  const { terminal, read, said } = clientFiles();
  const before = read('.claude.json');
  await install({ words: ['claude-code'], yes: true, package: '../gateway.tgz', runner: 'bunx' }, terminal);
  const { gateway, github } = JSON.parse(read('.claude.json')).mcpServers;
  expect(gateway).toMatchObject({ type: 'stdio', command: 'bunx', alwaysLoad: true });
  expect(gateway.args).toEqual(['--package', expect.stringMatching(/^\/.*\/gateway\.tgz$/), 'mcp-gateway']);
  expect(github.url).toContain('githubcopilot');
  expect(said()).not.toContain('a-made-up-credential');
  await install({ words: ['claude-code'], yes: true, undo: true }, terminal);
  expect(read('.claude.json')).toBe(before);
});

test.each([
  ['claude-code', '.claude.json', 'mcpServers'],
  ['opencode', '.config/opencode/opencode.jsonc', 'mcp'],
  ['codex', '.codex/config.toml', 'mcp_servers'],
])('%s is moved to the gateway and back [home.install-takes-out, home.install-undo]', async (id, path, map) => {
  const { read, said, ...files } = clientFiles();
  const env = { ...files.terminal.env, ...SECRETS, SEARCH_TOKEN: 'set', TEAM: 'set' };
  const terminal = { ...files.terminal, env };
  const before = read(path);
  await importServers({ words: [], yes: true }, terminal);
  said();
  await install({ words: [id], yes: true, keep: true }, terminal);
  expect(said()).not.toContain('the gateway has it');
  await install({ words: [id], yes: true, undo: true }, terminal);
  expect(read(path)).toBe(before);
  said();
  await install({ words: [id], yes: true }, terminal);
  const text = said();
  expect(text).toMatch(new RegExp(`  - ${map}\\.\\S+  the gateway has it`));
  expect(text).not.toContain('a-made-up-credential');
  const left = Object.keys(objectAt(await parseClientText(read(path), path), [map]) ?? {});
  // What the gateway does not run is still the client's own.
  expect(left).toEqual({ 'claude-code': ['gateway'], opencode: ['files', 'servers'], codex: ['gateway'] }[id]);
  await install({ words: [id], yes: true, undo: true }, terminal);
  expect(read(path)).toBe(before);
});

test('what was taken out comes back into a file that the client has written since [home.install-undo]', async () => {
  const { terminal, read, write } = clientFiles();
  const before = JSON.parse(read('.claude.json'));
  await importServers({ words: ['claude-code'], yes: true }, terminal);
  await install({ words: ['claude-code'], yes: true }, terminal);
  write('.claude.json', read('.claude.json').replace('"numStartups": 12', '"numStartups": 13'));
  await install({ words: ['claude-code'], yes: true, undo: true }, terminal);
  expect(JSON.parse(read('.claude.json'))).toEqual({ ...before, numStartups: 13 });
});

test('what others changed since stays when it is undone [home.install-undo]', async () => {
  const { terminal, read, write } = clientFiles();
  await install({ words: ['codex'], yes: true }, terminal);
  write('.codex/config.toml', `${read('.codex/config.toml')}\n[later]\nx = 1\n`);
  await install({ words: ['codex'], yes: true, undo: true }, terminal);
  expect(read('.codex/config.toml')).toContain('[later]');
  expect(read('.codex/config.toml')).not.toContain('gateway');
});

const SECRETS = { GITHUB_TOKEN: 'a-made-up-credential-1', NOTES_API_KEY: 'a-made-up-credential-2' };
const SECRET = 'a-made-up-credential-9';
const OWN_SERVERS = [
  {
    id: 'cursor',
    path: '.cursor/mcp.json',
    text: `{ "mcpServers": { // mine
  "docs": { "command": "docs" }, "keyed": { "command": "keyed", "env": { "API_KEY": "${SECRET}" } } } }\n`,
    more: (text: string) => text.replace(/\}\s*$/, ', "later": 1 }'),
  },
  {
    id: 'codex',
    path: '.codex/config.toml',
    text: `[mcp_servers.docs] # mine\ncommand = "docs"\n\n[mcp_servers.keyed]\ncommand = "keyed"\nenv = { API_KEY = "${SECRET}" }\n`,
    more: (text: string) => `${text}\n[later]\nx = 1\n`,
  },
];

test.each(OWN_SERVERS)(
  'install for $id takes out what the gateway can start, and the undo puts it back [home.install-takes-out, home.install-undo]',
  async ({ id, path, text, more }) => {
    const { terminal, write, read, said } = clientFiles({ empty: true });
    const servers = async () => (await findServers(CLIENTS, clientHome(terminal))).servers.map(({ key }) => key);
    const knowing = { ...terminal, env: { ...terminal.env, API_KEY: SECRET } };
    write(path, text);
    await importServers({ words: [id], yes: true, 'leave-secrets': true }, terminal);
    // Nobody but this file has the secret.
    await install({ words: [id], yes: true }, terminal);
    expect(await servers()).toEqual(['keyed', 'gateway']);
    expect(said()).toMatch(/- \S+\.docs {2}the gateway has it.*\n {2}= \S+\.keyed {2}stays until API_KEY is set\n/);
    await install({ words: [id], undo: true, yes: true }, terminal);
    expect(read(path)).toBe(text);
    said();
    await install({ words: [id], yes: true }, knowing);
    expect(await servers()).toEqual(['gateway']);
    expect(said()).toMatch(/- \S+\.keyed {2}the gateway has it/);
    write(path, more(read(path)));
    await install({ words: [id], undo: true, yes: true }, terminal);
    expect(said()).toMatch(/\+ \S+\.keyed {2}as it was/);
    expect((await servers()).sort()).toEqual(['docs', 'keyed']);
    expect(read(path)).toContain('later');
    expect(read(path)).toContain(SECRET);
  },
);

test('install leaves what the gateway has not, or not switched on [home.install-takes-out]', async () => {
  const { terminal, write, read } = clientFiles({ empty: true });
  write('.cursor/mcp.json', '{"mcpServers": {"off": {"command": "off"}, "other": {"command": "other"}}}');
  write('.config/mcp-gateway/config.json', JSON.stringify({ off: { command: ['off'], enabled: false } }));
  await install({ words: ['cursor'], yes: true }, terminal);
  expect(Object.keys(JSON.parse(read('.cursor/mcp.json')).mcpServers)).toEqual(['off', 'other', 'gateway']);
});

test('a file that it made goes with the undo; a key of somebody else is not taken [home.install, home.install-undo]', async () => {
  const { terminal, exists, write, read, said } = clientFiles({ empty: true });
  await install({ words: ['cursor'], project: true, yes: true }, terminal);
  expect(exists('project/.cursor/mcp.json')).toBe(true);
  await install({ words: ['cursor'], project: true, yes: true, undo: true }, terminal);
  expect(exists('project/.cursor/mcp.json')).toBe(false);
  write('.cursor/mcp.json', '{"mcpServers": {"gateway": {"command": "another"}}}');
  await install({ words: ['cursor'], yes: true }, terminal);
  expect(JSON.parse(read('.cursor/mcp.json')).mcpServers).toMatchObject({
    gateway: { command: 'another' },
    'gateway-2': { command: '/usr/bin/node' },
  });
  said();
  expect(await install({ words: ['windsurf'], undo: true, yes: true }, terminal)).toBe(0);
  expect(said()).toContain('has no entry of the gateway');
});

test('with --shared the entry says so, and an undo takes it back [daemon.install]', async () => {
  const { terminal, read, exists } = clientFiles({ empty: true });
  const args = () => JSON.parse(read('.cursor/mcp.json')).mcpServers.gateway.args as string[];
  await install({ words: ['cursor'], yes: true }, terminal);
  expect(args()).not.toContain('--shared');
  await install({ words: ['cursor'], yes: true, shared: true }, terminal);
  expect(args().at(-1)).toBe('--shared');
  await install({ words: ['cursor'], yes: true, undo: true }, terminal);
  // There was no file before the first of them.
  expect(exists('.cursor/mcp.json')).toBe(false);
  await install({ words: ['cursor'], yes: true, shared: true, package: './mcp-gateway-0.1.0.tgz' }, terminal);
  expect(args().slice(-2)).toEqual(['mcp-gateway', '--shared']);
});

test('without a yes nothing is written; misuse is 2, a broken file 1 [home.install]', async () => {
  const { terminal, exists, write, said } = clientFiles({ empty: true });
  expect(await install({ words: ['cursor'] }, terminal)).toBe(0);
  expect([said().includes('--yes writes it'), exists('.cursor/mcp.json')]).toEqual([true, false]);
  expect(await install({ words: [] }, terminal)).toBe(2);
  expect(await install({ words: ['cursor'], runner: 'npx' }, terminal)).toBe(2);
  expect(await install({ words: ['windsurf'], project: true }, terminal)).toBe(2);
  write('.cursor/mcp.json', '{');
  expect(await install({ words: ['cursor'], yes: true }, terminal)).toBe(1);
});

test('agents-md prints the text, or appends it once [home.agents-md]', async () => {
  const { terminal, said, write, read } = clientFiles({ empty: true });
  expect(await agentsMd({ words: [] }, terminal)).toBe(0);
  expect(said()).toBe(TEMPLATE);
  write('project/AGENTS.md', '# Mine');
  await agentsMd({ words: [], append: 'AGENTS.md' }, terminal);
  const text = read('project/AGENTS.md');
  expect(text.startsWith('# Mine\n\n')).toBe(true);
  expect(text).toContain(TEMPLATE);
  await agentsMd({ words: [], append: 'AGENTS.md' }, terminal);
  expect(read('project/AGENTS.md')).toBe(text);
  // A file of Windows keeps its line ends, and is what it was afterwards.
  write('project/CLAUDE.md', '# Mine\r\nlast line\r\n');
  await agentsMd({ words: [], append: 'CLAUDE.md' }, terminal);
  expect(read('project/CLAUDE.md')).toMatch(/^# Mine\r\nlast line\r\n\r\n<!--/);
  expect(read('project/CLAUDE.md')).not.toMatch(/[^\r]\n/);
  await agentsMd({ words: [], remove: 'CLAUDE.md' }, terminal);
  expect(read('project/CLAUDE.md')).toBe('# Mine\r\nlast line\r\n');
});

test('agents-md --remove takes the text out again, and nothing else [moving.agents-md]', async () => {
  const { terminal, said, write, read, exists } = clientFiles({ empty: true });
  const remove = () => agentsMd({ words: [], remove: 'AGENTS.md' }, terminal);
  write('project/AGENTS.md', '# Mine\n');
  await agentsMd({ words: [], append: 'AGENTS.md' }, terminal);
  expect(await remove()).toBe(0);
  expect(read('project/AGENTS.md')).toBe('# Mine\n');
  expect(await remove()).toBe(0);
  expect(said()).toContain('does not have it');
  // Edited within, and with more behind it.
  await agentsMd({ words: [], append: 'AGENTS.md' }, terminal);
  write('project/AGENTS.md', `${read('project/AGENTS.md').replace('search', 'look')}\n# More\n`);
  await remove();
  expect(read('project/AGENTS.md')).toBe('# Mine\n\n# More\n');
  // As older versions wrote it: without a line that ends it, and made by it.
  write('project/AGENTS.md', `<!-- mcp-gateway: how to use the tools behind it -->\n\n${TEMPLATE}`);
  await remove();
  expect(exists('project/AGENTS.md')).toBe(false);
  write('project/AGENTS.md', '<!-- mcp-gateway: how to use the tools behind it -->\n\nsomething else\n');
  expect(await remove()).toBe(1);
  expect(said()).toContain('take it out by hand');
  expect(await agentsMd({ words: [], append: 'a', remove: 'a' }, terminal)).toBe(2);
});

test.each(['', '\n', '# Mine', '# Mine\n', '# Mine\n\n\n', 'a\r\nb', 'a\r\n'])(
  'agents-md --remove leaves %j as it was [moving.agents-md]',
  async (text) => {
    const { terminal, write, read, cwd } = clientFiles({ empty: true });
    write('project/AGENTS.md', text);
    symlinkSync('AGENTS.md', join(cwd, 'CLAUDE.md'));
    for (const name of ['AGENTS.md', 'CLAUDE.md']) {
      await agentsMd({ words: [], append: name }, terminal);
      expect(read('project/AGENTS.md')).not.toBe(text);
      await agentsMd({ words: [], remove: name }, terminal);
      expect([read('project/AGENTS.md'), lstatSync(join(cwd, 'CLAUDE.md')).isSymbolicLink()]).toEqual([text, true]);
    }
  },
);

test.each([
  ['windsurf', '.codeium/windsurf/mcp_config.json'],
  ['codex', '.codex/config.toml'],
  ['opencode', '.config/opencode/opencode.json'],
])('install %s --undo leaves an empty file and a link as they were [home.install]', async (client, path) => {
  for (const text of ['', '\n', undefined]) {
    const { terminal, write, read, home, exists } = clientFiles({ empty: true });
    write('dotfiles/note', '');
    if (text !== undefined) write('dotfiles/file', text);
    mkdirSync(dirname(join(home, path)), { recursive: true });
    symlinkSync(join(home, 'dotfiles/file'), join(home, path));
    for (let times = 0; times < 2; times++) {
      expect(await install({ words: [client], yes: true }, terminal)).toBe(0);
      expect(read('dotfiles/file')).toContain('gateway');
      expect(await install({ words: [client], yes: true, undo: true }, terminal)).toBe(0);
      expect(lstatSync(join(home, path)).isSymbolicLink()).toBe(true);
      expect(exists('dotfiles/file') ? read('dotfiles/file') : undefined).toBe(text);
    }
    expect(readdirSync(join(home, 'dotfiles')).filter((name) => name.includes('before-gateway'))).toEqual([]);
  }
});

test('the built bin finds the text, and tells of every command [home.agents-md, home.help]', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  expect(run('agents-md').stdout).toBe(TEMPLATE);
  const { stdout } = run('--help');
  for (const name of ['init', 'import', 'install', 'agents-md', 'start', 'schema']) {
    expect(stdout).toMatch(new RegExp(`^  mcp-gateway ${name}\\b`, 'm'));
    expect(run(name, '--help').stdout).toBe(run('help', name).stdout);
    expect(run(name, '--help').stdout).toContain('\nExample\n  mcp-gateway ');
  }
  const misused = run('import', '--port', '1');
  expect([misused.status, misused.stderr]).toEqual([2, expect.stringContaining('--port belongs to mcp-gateway start')]);
});
