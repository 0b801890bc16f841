import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { clientHome } from '../../../src/cli/client-configs/client.ts';
import { CLIENTS } from '../../../src/cli/client-configs/clients.ts';
import { findServers } from '../../../src/cli/client-configs/found-servers.ts';
import { importServers } from '../../../src/cli/commands/import.ts';
import { install } from '../../../src/cli/commands/install.ts';
import { stableCommand } from '../../../src/cli/commands/stable-command.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const json = (value: unknown) => JSON.stringify(value, undefined, 2);

const FILES: readonly (readonly [string, string, string])[] = [
  [
    'cursor',
    '.cursor/mcp.json',
    '{\n  // mine\n  "mcpServers": {\n    "one": { "command": "one" }, // first\n    "two": { "command": "two" }\n  }\n}\n',
  ],
  [
    'codex',
    '.codex/config.toml',
    '# mine\n[mcp_servers.one] # first\ncommand = "one"\n\n[mcp_servers.two]\ncommand = "two"\n',
  ],
];

test.each(FILES)(
  '%s: the undo of several installs leads to before the first, byte for byte [moving.undo]',
  async (id, path, text) => {
    const { terminal, write, read, said } = clientFiles({ empty: true });
    const run = (more: object) => install({ words: [id], yes: true, ...more }, terminal);
    write(path, text);
    await run({ keep: true });
    await run({ keep: true, shared: true });
    await importServers({ words: [id], yes: true }, terminal);
    await run({ package: './mcp-gateway-0.1.0.tgz' });
    expect(read(path)).not.toContain('"one"');
    await run({ undo: true });
    expect(read(path)).toBe(text);
    // And once more: the copies of the first time do not count.
    write(path, text.replace('mine', 'changed'));
    await run({});
    await run({ shared: true });
    await run({ undo: true });
    expect(read(path)).toBe(text.replace('mine', 'changed'));
    said();
    await run({ undo: true });
    expect(said()).toContain('has no entry of the gateway');
  },
);

test('a comment comes back though the file was edited elsewhere since [moving.undo]', async () => {
  const { terminal, write, read } = clientFiles({ empty: true });
  const path = '.cursor/mcp.json';
  const text =
    '{\n  "mcpServers": {\n    // the good one\n    "one": { "command": "one" /* v2 */ }\n  },\n  "theme": "light" // mine\n}\n';
  write(path, text);
  await importServers({ words: ['cursor'], yes: true }, terminal);
  await install({ words: ['cursor'], yes: true }, terminal);
  write(path, read(path).replace('"light" // mine', '"dark" // night'));
  await install({ words: ['cursor'], yes: true, undo: true }, terminal);
  expect(read(path)).toBe(text.replace('"light" // mine', '"dark" // night'));
});

const commented = (map: string, entry: (name: string) => string) =>
  `// head\n{\n  "${map}": { // servers\n    // the good one\n    "one": ${entry('one')}, // first\n    /* the other */\n    "two": ${entry('two')} // second\n    // end\n  }\n}\n`;
const OURS = '"gateway": ';
const THEIRS = '// new\n    "mine": { "command": "mine" }, // added\n    ';

const COMMENTED: readonly (readonly [string, string, string, (installed: string) => string])[] = [
  ['cursor', '.cursor/mcp.json', commented('mcpServers', (name) => `{ "command": "${name}" /* v2 */ }`), besideOurs],
  [
    'vs-code',
    '.config/Code/User/mcp.json',
    commented('servers', (name) => `{\n      "command": "${name}" // v2\n    }`),
    besideOurs,
  ],
  [
    'opencode',
    '.config/opencode/opencode.jsonc',
    commented('mcp', (name) => `{ "type": "local", "command": ["${name}"] }`),
    besideOurs,
  ],
  [
    'codex',
    '.codex/config.toml',
    '# head\n[mcp_servers.one] # the good one\ncommand = "one" # first\n\n# the other\n[mcp_servers.two]\ncommand = "two"\n# end\n',
    (installed) =>
      installed.replace(
        '[mcp_servers.gateway]',
        '[mcp_servers.mine] # new\ncommand = "mine" # added\n\n[mcp_servers.gateway]',
      ),
  ],
];

function besideOurs(installed: string): string {
  return installed.replace(OURS, THEIRS + OURS);
}

test.each(COMMENTED)(
  '%s: comments come back though a server was added beside ours, and its own stay [moving.undo]',
  async (id, path, text, change) => {
    const { terminal, write, read } = clientFiles({ empty: true });
    const run = (more: object) => install({ words: [id], yes: true, ...more }, terminal);
    write(path, text);
    await importServers({ words: [id], yes: true }, terminal);
    await run({});
    // Comments that are not about a server that goes stay where they are.
    expect(read(path)).toContain('head');
    expect(read(path)).toContain('end');
    write(path, change(read(path)));
    expect(read(path)).toContain('"mine"');
    await run({ undo: true });
    const after = read(path);
    for (const comment of [...(text.match(/(?:#|\/\/|\/\*) ?[a-z][\w ]*/g) ?? []), 'new', 'added'])
      expect(after.split(comment)).toHaveLength(Math.max(2, text.split(comment).length));
    expect(after).not.toContain('gateway');
    for (const name of ['one', 'two', 'mine']) expect(after).toContain(`"${name}"`);
    expect(
      (await findServers([CLIENTS.find((each) => each.id === id) ?? expect.fail(id)], clientHome(terminal))).problems,
    ).toEqual([]);
  },
);

test.each(COMMENTED)('%s: what install leaves keeps its comments [moving.undo]', async (id, path, text) => {
  const { terminal, write, read } = clientFiles({ empty: true });
  const kept = text.replaceAll('"two"', '"kept"').replace('mcp_servers.two', 'mcp_servers.kept');
  write(path, text.replaceAll(/two|second|the other/g, 'one-more'));
  await importServers({ words: [id], yes: true }, terminal);
  write(path, kept);
  await install({ words: [id], yes: true }, terminal);
  expect(read(path)).not.toContain('"one"');
  for (const comment of kept.match(/the other|second|end/g) ?? []) expect(read(path)).toContain(comment);
  await install({ words: [id], yes: true, undo: true }, terminal);
  expect(read(path)).toBe(kept);
});

test('a server that was added between two installs comes back though nothing else was changed [moving.undo]', async () => {
  const { terminal, write, read } = clientFiles({ empty: true });
  const path = '.cursor/mcp.json';
  const run = (more: object) => install({ words: ['cursor'], yes: true, ...more }, terminal);
  write(path, json({ mcpServers: { one: { command: 'one' } } }));
  await importServers({ words: ['cursor'], yes: true }, terminal);
  await run({});
  const { mcpServers } = JSON.parse(read(path));
  write(path, json({ mcpServers: { ...mcpServers, two: { command: 'two' } } }));
  await importServers({ words: ['cursor'], yes: true }, terminal);
  await run({});
  expect(Object.keys(JSON.parse(read(path)).mcpServers)).toEqual(['gateway']);
  await run({ undo: true });
  expect(JSON.parse(read(path))).toEqual({ mcpServers: { one: { command: 'one' }, two: { command: 'two' } } });
});

test('what Claude Code has for single projects is taken over too, and comes back from anywhere [moving.undo]', async () => {
  const { terminal, write, read, cwd, home } = clientFiles({ empty: true });
  const projects = {
    [cwd]: { mcpServers: { mine: { command: 'mine' } }, history: [1] },
    [join(home, 'other')]: { mcpServers: { kept: { command: 'kept' } } },
  };
  const text = json({ mcpServers: { one: { command: 'one' } }, projects });
  write('.claude.json', text);
  await importServers({ words: ['claude-code'], yes: true }, terminal);
  const elsewhere = { ...terminal, cwd: home };
  await install({ words: ['claude-code'], yes: true }, elsewhere);
  const after = JSON.parse(read('.claude.json'));
  expect(Object.keys(after.mcpServers)).toEqual(['gateway']);
  expect(after.projects[cwd]).toEqual({ mcpServers: {}, history: [1] });
  expect(after.projects[join(home, 'other')].mcpServers).toEqual({ kept: { command: 'kept' } });
  await install({ words: ['claude-code'], yes: true, undo: true }, elsewhere);
  expect(read('.claude.json')).toBe(text);
});

test('what was added and taken out between installs comes back, what was changed stays [moving.undo]', async () => {
  const { terminal, write, read } = clientFiles({ empty: true });
  const path = '.cursor/mcp.json';
  const servers = () => JSON.parse(read(path)).mcpServers;
  write(path, json({ mcpServers: { one: { command: 'one' } } }));
  await importServers({ words: ['cursor'], yes: true }, terminal);
  await install({ words: ['cursor'], yes: true }, terminal);
  write(path, json({ mcpServers: { ...servers(), two: { command: 'two' } }, later: 1 }));
  await importServers({ words: ['cursor'], yes: true }, terminal);
  await install({ words: ['cursor'], yes: true, shared: true }, terminal);
  expect(Object.keys(servers())).toEqual(['gateway']);
  write(path, json({ ...JSON.parse(read(path)), later: 2 }));
  await install({ words: ['cursor'], yes: true, undo: true }, terminal);
  expect(JSON.parse(read(path))).toEqual({
    mcpServers: { one: { command: 'one' }, two: { command: 'two' } },
    later: 2,
  });
});

test('an entry that was taken out by hand does not keep the others away [moving.undo]', async () => {
  const { terminal, write, read, home } = clientFiles({ empty: true });
  const path = '.cursor/mcp.json';
  write(path, json({ mcpServers: { one: { command: 'one' } } }));
  await importServers({ words: ['cursor'], yes: true }, terminal);
  await install({ words: ['cursor'], yes: true }, terminal);
  write(path, json({ mcpServers: {} }));
  await install({ words: ['cursor'], yes: true, undo: true }, terminal);
  expect(JSON.parse(read(path)).mcpServers).toEqual({ one: { command: 'one' } });
  expect(readdirSync(dirname(join(home, path))).filter((name) => name.includes('before-gateway'))).toEqual([]);
});

test('an install of an older version is undone by its backups [moving.undo]', async () => {
  const { terminal, write, read, home } = clientFiles({ empty: true });
  const before = json({ mcpServers: { one: { command: 'one' } } });
  const ours = (more: string[]) => json({ mcpServers: { gateway: { command: 'mcp-gateway', args: more } } });
  write('.cursor/mcp.json', ours([]));
  writeFileSync(join(home, '.cursor/mcp.json.bak-2026-01-01T00-00-00-000Z'), before);
  writeFileSync(join(home, '.cursor/mcp.json.bak-2026-01-02T00-00-00-000Z'), ours(['--shared']));
  await install({ words: ['cursor'], yes: true }, terminal);
  await install({ words: ['cursor'], yes: true, undo: true }, terminal);
  expect(JSON.parse(read('.cursor/mcp.json'))).toEqual(JSON.parse(before));
});

test('many installs leave the first copy and five others [moving.backups, moving.undo]', async () => {
  const { terminal, write, read, home } = clientFiles({ empty: true });
  const before = json({ mcpServers: {} });
  write('.cursor/mcp.json', before);
  for (let count = 0; count < 9; count++)
    await install({ words: ['cursor'], yes: true, shared: count % 2 === 0 }, terminal);
  expect(readdirSync(join(home, '.cursor')).filter((name) => name.includes('.bak-'))).toHaveLength(6);
  await install({ words: ['cursor'], yes: true, undo: true }, terminal);
  expect(read('.cursor/mcp.json')).toBe(before);
});

/** A copy of us in a folder of a runner, which was asked for a package. */
function cached(folder: string, manifest: object): readonly [string, string] {
  const root = realpathSync(temporaryDirectory());
  const bin = join(root, folder, 'node_modules/mcp-gateway/dist/index.js');
  mkdirSync(dirname(bin), { recursive: true });
  writeFileSync(bin, '');
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify(manifest));
  return [process.execPath, bin];
}

// A file that is there and in no folder of temporary files.
const PACKAGE = realpathSync(new URL('../../../package.json', import.meta.url)).replace(/package\.json$/, 'x.tgz');

test.each([
  [
    'npx',
    '.npm/_npx/0123',
    { dependencies: { 'mcp-gateway': 'https://example.com/mcp-gateway.tgz' } },
    'npx -y --package https://example.com/mcp-gateway.tgz mcp-gateway',
  ],
  [
    'npx, by what was asked',
    '_npx/0123',
    { _npx: { packages: ['git+https://example.com/x.git'] } },
    'npx -y --package git+https://example.com/x.git mcp-gateway',
  ],
  [
    'bunx',
    'bunx-1000-mcp-gateway@x',
    { dependencies: { 'mcp-gateway': 'https://example.com/x.tgz' } },
    'bunx --package https://example.com/x.tgz mcp-gateway',
  ],
  [
    'pnpm dlx',
    'pnpm/dlx/abc',
    { dependencies: { 'mcp-gateway': 'https://example.com/x.tgz' } },
    'npx -y --package https://example.com/x.tgz mcp-gateway',
  ],
])('from the cache of %s the entry names the package [moving.stable]', (_, folder, manifest, expected) => {
  expect(stableCommand(cached(folder, manifest)).join(' ')).toBe(expected);
});

test.each([
  ['_npx/0123', { dependencies: { 'mcp-gateway': `file:${PACKAGE}` } }],
  ['_npx/0123', { dependencies: { 'mcp-gateway': '^0.1.0' }, _npx: { packages: ['mcp-gateway'] } }],
  ['xfs-1234/dlx-5678', {}],
  ['somewhere', {}],
])(
  'from %s without a package that stays it stops with what to do, and writes nothing [moving.stable]',
  async (folder, manifest) => {
    const files = clientFiles({ empty: true });
    const terminal = { ...files.terminal, self: cached(folder, manifest) as [string, string] };
    expect(await install({ words: ['cursor'], yes: true }, terminal)).toBe(1);
    expect(files.said()).toMatch(/may be cleared at any time.*--package <file>.*npm install -g/s);
    expect(files.exists('.cursor/mcp.json')).toBe(false);
    expect(await install({ words: ['cursor'], yes: true, package: '/opt/mcp-gateway-0.1.0.tgz' }, terminal)).toBe(0);
  },
);

test('a copy that stays is started by its own path [moving.stable]', () => {
  expect(stableCommand(['/usr/bin/node', '/opt/gateway/dist/index.js'])).toEqual([
    '/usr/bin/node',
    '/opt/gateway/dist/index.js',
  ]);
});
