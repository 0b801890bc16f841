import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { importServers } from '../../../src/cli/commands/import.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';

const SECRET = /a-made-up-credential/;

test('shows what it would do and writes nothing where nobody can be asked [home.import-preview]', async () => {
  const { terminal, said, exists } = clientFiles();
  expect(await importServers({ words: [] }, terminal)).toBe(0);
  const text = said();
  expect(text).toContain('+ github  https://api.githubcopilot.com/mcp/\n      from Claude Code, ~/.claude.json');
  expect(text).toContain('+ files-2  ');
  expect(text).toContain('- gateway  left out: it leads to this gateway');
  expect(text).toContain('Secrets, to ~/.config/mcp-gateway/secrets.env:\n');
  expect(text).toContain('\n  GITHUB_TOKEN   # from ~/.claude.json: mcpServers.github\n');
  expect(text).toContain('\n  export TEAM=…   # search asks for it\n');
  expect(text).toContain('Nothing was written: --yes');
  expect(text).not.toMatch(SECRET);
  expect(exists('.config/mcp-gateway/config.json')).toBe(false);
});

test('writes after a yes a file that loads, and a second time adds nothing [home.import-writes]', async () => {
  const { terminal, said, config } = clientFiles();
  const ask = async () => true;
  expect(await importServers({ words: [] }, { ...terminal, ask })).toBe(0);
  const text = readFileSync(config, 'utf8');
  expect(text).not.toMatch(SECRET);
  const env = { HOME: '/x', GITHUB_TOKEN: 'a', NOTES_API_KEY: 'b', TICKETS_KEY: 'c', SEARCH_TOKEN: 'd', TEAM: 'e' };
  const loaded = await loadConfig(config, { ...env, WEATHER_KEY: 'f' });
  expect(loaded.problems).toEqual([]);
  expect(loaded.servers.length).toBeGreaterThan(8);
  said();
  expect(await importServers({ words: [], yes: true }, terminal)).toBe(0);
  expect(said()).not.toMatch(/^ {2}\+/m);
  expect(readFileSync(config, 'utf8')).toBe(text);
});

test('secrets go to a file of their own, which the configuration names, and servers start with them [home.import-secrets-file]', async () => {
  const { terminal, said, config, read, home, write } = clientFiles({ empty: true });
  const odd = `a-made-up-credential 'with' "quotes" $HOME \\ #`;
  const servers = (value: string) =>
    JSON.stringify({ mcpServers: { one: { command: 'one', env: { API_KEY: value } } } });
  write('one.json', servers(odd));
  await importServers({ words: ['~/one.json'], yes: true }, terminal);
  const env = { HOME: home };
  const { servers: loaded, problems } = await loadConfig(config, env);
  expect(problems).toEqual([]);
  expect(loaded).toMatchObject([{ key: 'one', environment: { API_KEY: odd } }]);
  expect(statSync(`${home}/.config/mcp-gateway/secrets.env`).mode & 0o777).toBe(0o600);
  expect(read('.config/mcp-gateway/config.json')).not.toMatch(SECRET);
  // Another value under the same name gets another name; what was kept stays.
  write('two.json', servers('a-made-up-credential-2').replace('"one":', '"two":'));
  await importServers({ words: ['~/two.json'], yes: true }, terminal);
  const both = await loadConfig(config, env);
  expect(both.servers.map((server) => server.type === 'local' && server.environment.API_KEY)).toEqual([
    odd,
    'a-made-up-credential-2',
  ]);
  expect(said()).not.toMatch(SECRET);
});

test('secrets stay where they are with --leave-secrets, and where ours come from a command [home.import-secrets-file]', async () => {
  const { terminal, said, write, exists } = clientFiles();
  await importServers({ words: ['claude-code'], 'leave-secrets': true }, terminal);
  expect(said()).toContain('export GITHUB_TOKEN=…   # its value: ~/.claude.json: mcpServers.github');
  write('.config/mcp-gateway/config.json', '{"$gateway": {"secrets": {"command": ["vault"]}}}');
  await importServers({ words: ['claude-code'], yes: true }, terminal);
  expect(said()).toContain('export GITHUB_TOKEN=…');
  expect(exists('.config/mcp-gateway/secrets.env')).toBe(false);
});

test('a no writes nothing, nor does a dry run [home.import-preview]', async () => {
  const { terminal, exists, said } = clientFiles();
  await importServers({ words: [] }, { ...terminal, ask: async () => false });
  expect(said()).toContain('Nothing was written.');
  await importServers({ words: [], yes: true, 'dry-run': true }, terminal);
  expect(exists('.config/mcp-gateway/config.json')).toBe(false);
});

test.each([
  ['config.jsonc', '{\n    // mine\n    "old": { "command": ["old"] }, // stays\n}\n'],
  ['config.json', '{\n  "mcpServers": {\n    "old": { "command": "old" }\n  },\n  "logLevel": "debug"\n}\n'],
  ['config.yml', '# mine\nlogLevel: debug\nservers: # stays\n  - id: old # mine\n    command: old\n'],
])('adds to %s in its shape, keeps comments, mode and a backup [home.import-keeps]', async (name, before) => {
  const { terminal, write, read, home } = clientFiles();
  const path = `.config/mcp-gateway/${name}`;
  write(path, before);
  chmodSync(`${home}/${path}`, 0o640);
  expect(await importServers({ words: ['windsurf', 'codex'], yes: true }, terminal)).toBe(0);
  for (const comment of before.match(/(?:\/\/|#) \w+/g) ?? []) expect(read(path)).toContain(comment);
  const { servers, disabled, settings } = await loadConfig(`${home}/${path}`, { SEARCH_TOKEN: 'a', TEAM: 'b' });
  expect([servers.map(({ key }) => key), disabled]).toEqual([['old', 'search', 'docs'], ['maps']]);
  expect(settings.logLevel).toBe(before.includes('debug') ? 'debug' : 'info');
  const folder = dirname(`${home}/${path}`);
  const files = readdirSync(folder);
  expect(files).toHaveLength(2);
  const backup = files.find((file) => file.startsWith(`${name}.bak-`)) ?? expect.fail(files.join());
  expect(readFileSync(`${folder}/${backup}`, 'utf8')).toBe(before);
  expect(files.map((file) => statSync(`${folder}/${file}`).mode & 0o777)).toEqual([0o640, 0o640]);
});

test('a broken file is named with its place, without its text; the others are read [home.import-broken]', async () => {
  const { terminal, write, said, exists } = clientFiles();
  write('.cursor/mcp.json', '{\n  "mcpServers": { "x": a-made-up-credential }\n}');
  write('.codex/config.toml', 'key = "a-made-up-credential\n');
  expect(await importServers({ words: [], yes: true }, terminal)).toBe(1);
  const text = said();
  expect(text).toMatch(/~\/\.cursor\/mcp\.json:2:\d+: /);
  expect(text).toMatch(/~\/\.codex\/config\.toml:1:\d+: /);
  expect(text).not.toMatch(SECRET);
  expect(exists('.config/mcp-gateway/config.json')).toBe(true);
});

test('a broken file of ours is left alone [home.import-broken]', async () => {
  const { terminal, write, read, said } = clientFiles();
  write('.config/mcp-gateway/config.json', '{"old": ');
  expect(await importServers({ words: ['codex'], yes: true }, terminal)).toBe(1);
  expect(said()).toMatch(/^mcp-gateway import: .*config\.json:1:\d+: /);
  expect(read('.config/mcp-gateway/config.json')).toBe('{"old": ');
});

test('tells as JSON what it did, without secrets [home.import-json]', async () => {
  const { terminal, said, config } = clientFiles();
  expect(await importServers({ words: ['claude-code'], json: true, yes: true }, terminal)).toBe(0);
  const text = said();
  expect(text).not.toMatch(SECRET);
  expect(JSON.parse(text)).toMatchObject({ file: config, written: true, problems: [] });
});

test('an unknown client is a misuse, a missing file a failure [home.import-broken]', async () => {
  const { terminal, said } = clientFiles();
  expect(await importServers({ words: ['cursr'] }, terminal)).toBe(2);
  expect(said()).toContain('did you mean "cursor"?');
  expect(await importServers({ words: ['./none.json'] }, terminal)).toBe(1);
  expect(said()).toContain('none.json: there is no such file');
});
