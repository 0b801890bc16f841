// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders under test
import { expect, test } from 'vitest';
import { anyFile } from '../../../src/cli/client-configs/any-file.ts';
import { clientHome } from '../../../src/cli/client-configs/client.ts';
import { CLIENTS } from '../../../src/cli/client-configs/clients.ts';
import { findServers } from '../../../src/cli/client-configs/found-servers.ts';
import { planImport } from '../../../src/cli/client-configs/import-plan.ts';
import { looksSecret } from '../../../src/cli/client-configs/secrets.ts';
import { clientFiles, PLAIN_FILE } from '../../helpers/command-line/client-home.ts';

async function planned(...ids: string[]) {
  const files = clientFiles();
  const home = clientHome(files.terminal);
  const clients = [
    ...CLIENTS.filter(({ id }) => ids.includes(id)),
    ...(ids.length === 0 ? [anyFile(PLAIN_FILE, home)] : []),
  ];
  const { servers, problems } = await findServers(clients, home);
  const self = { bins: ['/opt/gateway/dist/index.js'], hosts: ['localhost:4000'] };
  const plan = planImport(servers, { home, self, existing: new Map(), secrets: {}, keeping: 'secrets' });
  const entries = plan.servers.map(({ as, key, entry, outcome, reason }) => [as ?? key, entry ?? reason ?? outcome]);
  return { ...files, problems, plan, entries: Object.fromEntries(entries) };
}

test('Claude Code: the project, the user, and the user within the project [home.import-claude-code]', async () => {
  const { entries, plan, cwd } = await planned('claude-code');
  expect(entries).toEqual({
    local: { command: ['node', './local.js'], cwd },
    shared: { url: 'https://shared.example.com/sse', transport: 'sse' },
    github: { url: 'https://api.githubcopilot.com/mcp/', headers: { Authorization: 'Bearer {secret:GITHUB_TOKEN}' } },
    notes: {
      command: ['npx', '-y', '@modelcontextprotocol/server-memory'],
      environment: { MEMORY_FILE_PATH: '${HOME}/notes.jsonl', NOTES_API_KEY: '{secret:NOTES_API_KEY}' },
    },
    gateway: 'self',
  });
  expect(plan.needed.map(({ name }) => name)).toEqual(['GITHUB_TOKEN', 'NOTES_API_KEY']);
});

test('Cursor and Claude Desktop: equal servers count once, the editor’s variables are filled in [home.import-editors]', async () => {
  const { entries, plan, home } = await planned('claude-desktop', 'cursor');
  expect(plan.servers.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual([
    ...['files added', 'files same', 'homely added', 'roomy refused'],
  ]);
  expect(entries.homely).toEqual({ command: ['homely', `${home}/x`] });
  expect(entries.roomy).toContain('${workspaceFolder}');
  expect(plan.servers.find(({ key }) => key === 'homely')?.notes.join()).toContain('envFile');
});

test('VS Code: what the editor asks for becomes a variable [home.import-editors]', async () => {
  const { entries, plan, cwd } = await planned('vs-code');
  const environment = { TICKETS_KEY: '${TICKETS_KEY}' };
  expect(entries).toEqual({ tickets: { command: ['node', `${cwd}/tickets.js`], environment, cwd } });
  expect(plan.needed).toEqual([{ name: 'TICKETS_KEY', server: 'tickets' }]);
});

test('OpenCode: both shapes; a file is named by where it is [home.import-opencode]', async () => {
  const { entries, home } = await planned('opencode');
  expect(entries).toEqual({
    newer: { url: 'https://newer.example.com/mcp' },
    files: {
      command: ['npx', '-y', '@modelcontextprotocol/server-filesystem', '/srv/open'],
      environment: { LOG: '{env:LOG_LEVEL}' },
      startTimeoutMs: 5_000,
      enabled: false,
    },
    keyed: {
      url: 'https://keyed.example.com/mcp',
      headers: { 'X-Key': `{file:${home}/.config/opencode/key}` },
    },
  });
});

test('Codex: tables of TOML, headers from variables, seconds [home.import-codex]', async () => {
  const { entries, plan } = await planned('codex');
  expect(entries).toEqual({
    search: {
      url: 'https://search.example.com/mcp',
      timeoutMs: 45_000,
      headers: { 'X-Region': 'eu', 'X-Team': '${TEAM}', Authorization: 'Bearer ${SEARCH_TOKEN}' },
    },
    docs: { command: ['docs-server', '--stdio'], environment: { DOCS_ROOT: '/srv/docs' } },
  });
  expect(plan.servers[0]?.notes.join()).toContain('enabled_tools');
});

test('Windsurf, Gemini CLI and a plain file [home.import-others]', async () => {
  expect((await planned('windsurf')).entries).toEqual({
    maps: { url: 'https://maps.example.com/mcp', enabled: false },
  });
  expect((await planned('gemini-cli')).entries).toEqual({
    weather: { url: 'https://weather.example.com/mcp', headers: { 'X-Api-Key': '${WEATHER_KEY}' }, timeoutMs: 30_000 },
  });
  const { entries } = await planned();
  expect(entries.plain).toEqual({ command: ['plain-server', '--stdio'] });
  expect(entries.broken).toContain('carrier-pigeon');
});

test.each([
  ['GITHUB_TOKEN', 'abc', true],
  ['DATABASE_URL', 'postgres://me:pw@db/x', true],
  ['ANYTHING', 'ghp_abcdefghijklmnop', true],
  ['TOKEN_FILE', '/run/token', false],
  ['MAX_TOKENS', '4000', false],
  ['API_KEY', '${API_KEY}', false],
  ['LANGUAGE', 'en', false],
])('%s=%s looks like a secret: %s [home.import-secrets]', (name, value, expected) => {
  expect(looksSecret(name, value)).toBe(expected);
});
