// biome-ignore-all lint/suspicious/noTemplateCurlyInString: as it stands in a configuration
import { readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { add } from '../../../src/cli/commands/add.ts';
import type { CommandArguments } from '../../../src/cli/commands/command.ts';
import { remove } from '../../../src/cli/commands/remove.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';

const FILE = '.config/mcp-gateway/config.json';
const TOKEN = `ghp_${'a1'.repeat(18)}`;

const SHAPES = {
  'a flat map': ['config.json', '{\n  // mine\n  "old": { "command": ["x"] } // stays\n}\n'],
  'a list': ['config.json', '{\n  // mine\n  "servers": [\n    { "id": "old", "command": "x" } // stays\n  ]\n}\n'],
  mcpServers: ['config.json', '{\n  // mine\n  "mcpServers": {\n    "old": { "command": "x" } // stays\n  }\n}\n'],
  YAML: ['config.yml', '# mine\nlogLevel: info\nservers:\n  - id: old # stays\n    command: x\n'],
} as const;

test.each(Object.entries(SHAPES))(
  'add and remove keep %s, its comments and a backup, and come out where they began [people.add, people.remove]',
  async (_shape, [name, text]) => {
    const files = clientFiles({ empty: true });
    files.write(`.config/mcp-gateway/${name}`, text);
    const path = `${files.home}/.config/mcp-gateway/${name}`;
    const words = ['new', 'npx', '-y', 'a-package'];
    expect(await add({ words, env: ['A=b=c'], description: 'News', tag: ['x', 'y'] }, files.terminal)).toBe(0);
    const added = files.read(`.config/mcp-gateway/${name}`);
    for (const comment of ['mine', 'stays']) expect(added).toContain(comment);
    const { servers, problems } = await loadConfig(path, {});
    expect(problems).toEqual([]);
    expect(servers.map(({ key }) => key)).toEqual(['old', 'new']);
    expect(servers[1]).toMatchObject({
      ...{ command: ['npx', '-y', 'a-package'], environment: { A: 'b=c' }, description: 'News', tags: ['x', 'y'] },
    });
    expect(readdirSync(dirname(path)).filter((each) => each.includes('.bak-'))).toHaveLength(1);
    expect(await remove({ words: ['new'] }, files.terminal)).toBe(0);
    expect(files.read(`.config/mcp-gateway/${name}`)).toBe(text);
    expect(await remove({ words: ['old'] }, files.terminal)).toBe(0);
    expect((await loadConfig(path, {})).servers).toEqual([]);
    expect(files.read(`.config/mcp-gateway/${name}`)).toContain('mine');
  },
);

test('a file is made where there is none; an address takes headers [people.add]', async () => {
  const files = clientFiles({ empty: true });
  const header = [`Authorization: Bearer \${FEED_TOKEN}`, 'X-Of: a: b'];
  expect(await add({ words: ['feed', 'wss://example.com/mcp'], header }, files.terminal)).toBe(0);
  expect(JSON.parse(files.read(FILE))).toEqual({
    feed: { url: 'wss://example.com/mcp', headers: { Authorization: `Bearer \${FEED_TOKEN}`, 'X-Of': 'a: b' } },
  });
  expect(files.said()).toContain('the variable FEED_TOKEN is to be set where the gateway starts');
});

test.each(['https://u:p4ssword@s4.example.com/mcp', 'wss://u:${PW}@h/mcp', 'http://${HOST}:${PORT}/${PATH_OF_IT}'])(
  'an address may have variables, or what becomes one, in any place: %s [people.add]',
  async (url) => {
    const files = clientFiles({ empty: true });
    expect(await add({ words: ['s4', url] }, files.terminal), files.said()).toBe(0);
    expect(files.read(FILE)).not.toContain('p4ssword');
  },
);

test('a relative program starts where it was added [people.add]', async () => {
  const files = clientFiles({ empty: true });
  await add({ words: ['mine', 'node', './server.js'] }, files.terminal);
  expect(JSON.parse(files.read(FILE))).toEqual({ mine: { command: ['node', './server.js'], cwd: files.cwd } });
});

test('a token in the place of a user goes to the secrets too [people.secrets]', async () => {
  const files = clientFiles({ empty: true });
  expect(await add({ words: ['x', 'https://mytoken@example.com/mcp'] }, files.terminal)).toBe(0);
  expect(JSON.parse(files.read(FILE)).x).toEqual({ url: 'https://{secret:X_TOKEN}@example.com/mcp' });
  expect(files.said()).not.toContain('mytoken');
});

test('--dry-run shows the entry and writes nothing [people.add]', async () => {
  const files = clientFiles({ empty: true });
  expect(await add({ words: ['x', 'http://localhost/mcp'], 'dry-run': true }, files.terminal)).toBe(0);
  expect(JSON.parse(files.said())).toEqual({ x: { url: 'http://localhost/mcp' } });
  expect(files.exists(FILE)).toBe(false);
});

test.each<[CommandArguments, number, string]>([
  [{ words: [] }, 2, 'names no server'],
  [{ words: ['$x', 'y'] }, 2, 'expected a name without "$"'],
  [{ words: ['x'] }, 2, 'found no address or command for "x"'],
  [{ words: ['x', 'http://a/b', 'c'] }, 2, 'found "c" after the address'],
  [{ words: ['x', 'http://a/b'], env: ['A=b'] }, 2, '--env is for a command'],
  [{ words: ['x', 'y'], header: ['A: b'] }, 2, '--header is for an address'],
  [{ words: ['x', 'y'], env: [TOKEN] }, 2, 'expected NAME=value'],
  [{ words: ['x', 'http://a/b'], header: [`${TOKEN} : x`] }, 2, "expected 'Name: value'"],
  [{ words: ['a::b', 'y'] }, 2, 'found "::" in the key'],
  [{ words: ['', 'y'] }, 2, 'found an empty key'],
  [
    { words: ['x', 'htps://a/b'] },
    2,
    'found an address with "htps:", expected http://, https://, ws:// or wss://, did you mean',
  ],
  [{ words: ['x', 'https:/a/b'] }, 2, 'did you mean "https://"?'],
  [{ words: ['x', 'localhost:3000/mcp'] }, 2, 'an address begins with http:// or https://'],
  [{ words: ['old', 'y'] }, 1, 'has a server called "old" already'],
  [{ words: ['x', 'http://'] }, 2, 'expected an http(s):// or ws(s):// URL'],
  [{ words: ['servers', 'y'] }, 1, 'servers cannot be added to it'],
])('%j is refused, and nothing is written [people.add, people.exit-codes]', async (args, code, message) => {
  const files = clientFiles({ empty: true });
  files.write(FILE, '{"mcpServers": {"old": {"command": "x"}}, "servers": {"command": "x"}}');
  const before = files.read(FILE);
  if (args.words[0] === 'servers') files.write(FILE, '{"mcpServers": [], "x": 1}');
  const wanted = args.words[0] === 'servers' ? files.read(FILE) : before;
  expect([await add(args, files.terminal), files.read(FILE)]).toEqual([code, wanted]);
  const said = files.said();
  expect(said).toContain(message);
  expect(said).not.toContain(TOKEN);
});

test('a literal secret goes to the file of secrets, and is not shown [people.secrets]', async () => {
  const files = clientFiles({ empty: true });
  const words = ['hub', 'serve', '--api-key', TOKEN];
  await add({ words, env: [`GITHUB_TOKEN=${TOKEN}`], 'dry-run': true }, files.terminal);
  expect(files.exists(FILE)).toBe(false);
  expect(await add({ words, env: [`GITHUB_TOKEN=${TOKEN}`, 'LANGUAGE=en'] }, files.terminal)).toBe(0);
  const said = files.said();
  expect(said).toContain('Secrets, to ~/.config/mcp-gateway/secrets.env: GITHUB_TOKEN, HUB_API_KEY');
  expect(said + files.read(FILE)).not.toContain(TOKEN);
  const { servers, problems } = await loadConfig(files.config, { HOME: files.home });
  expect(problems).toEqual([]);
  expect(servers).toMatchObject([
    { command: ['serve', '--api-key', TOKEN], environment: { GITHUB_TOKEN: TOKEN, LANGUAGE: 'en' } },
  ]);
  expect(statSync(`${files.home}/.config/mcp-gateway/secrets.env`).mode & 0o777).toBe(0o600);
  await add({ words: ['safe', 'serve'], env: [`OTHER_TOKEN=\${OTHER_TOKEN}`] }, files.terminal);
  expect(files.said()).toMatch(/^the variable OTHER_TOKEN is to be set/m);
});

test('where secrets come from a command, a literal one is left to whoever starts the gateway [people.secrets]', async () => {
  const files = clientFiles({ empty: true });
  files.write(FILE, '{"mcpServers": {}, "secrets": {"command": ["vault"]}}');
  expect(await add({ words: ['hub', 'serve'], env: [`GITHUB_TOKEN=${TOKEN}`] }, files.terminal)).toBe(0);
  const said = files.said();
  expect(said).toContain('GITHUB_TOKEN is to be set where the gateway starts, to the secret that was given');
  expect(said + files.read(FILE)).not.toContain(TOKEN);
});

const MANY = `{
  // all of it
  "a": { "command": "x" }, // of a
  /* of b */ "b": { "command": "x" },
  // above c
  "c": { "command": "x" } // of c
}
`;

test.each([
  ['a', MANY.replace('  "a": { "command": "x" }, // of a\n', '')],
  ['b', MANY.replace('"b": { "command": "x" },\n', '\n')],
  ['c', MANY.replace('  "c": { "command": "x" } // of c\n', '').replace('"x" },\n  // above', '"x" }\n  // above')],
])('remove %s takes its line, and changes no other [people.remove]', async (name, expected) => {
  const files = clientFiles({ empty: true });
  files.write('.config/mcp-gateway/config.json', MANY.replaceAll('"x"', '["x"]'));
  expect(await remove({ words: [name] }, files.terminal)).toBe(0);
  expect(files.read(FILE)).toBe(expected.replaceAll('"x"', '["x"]'));
});

test('remove names what it does not know, and takes several at once [people.remove]', async () => {
  const files = clientFiles({ empty: true });
  files.write(
    FILE,
    '{"servers": [{"id": "a", "command": "x"}, {"id": "b", "command": "x"}, {"id": "c", "command": "x"}]}',
  );
  expect(await remove({ words: [] }, files.terminal)).toBe(2);
  expect(await remove({ words: ['a', 'bb'] }, files.terminal)).toBe(1);
  expect(files.said()).toContain('has no server "bb"');
  expect(await remove({ words: ['a', 'c'] }, files.terminal)).toBe(0);
  expect(JSON.parse(files.read(FILE))).toEqual({ servers: [{ id: 'b', command: 'x' }] });
});
