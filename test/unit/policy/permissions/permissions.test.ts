import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../../src/config/load.ts';
import { hidesPrimitives, type PermissionRule, permissions as schema } from '../../../../src/config/permissions.ts';
import type { ToolEntry } from '../../../../src/core/tool.ts';
import { describeCall } from '../../../../src/policy/permissions/ask-person.ts';
import { effectsOf, Verdicts, verdictOn } from '../../../../src/policy/permissions/permissions.ts';
import { temporaryDirectory } from '../../../helpers/servers/fixture.ts';

function entry(id: string, annotations?: object, tags: readonly string[] = []): ToolEntry {
  const [server = '', name = ''] = id.split('::');
  return { id, server, tags, definition: { name, inputSchema: {}, ...(annotations && { annotations }) } };
}

async function load(config: object) {
  const path = join(temporaryDirectory(), 'config.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(config));
  const loaded = await loadConfig(path, {});
  const problems = loaded.problems.map(({ severity, message }) => `${severity} ${message.replace(`${path}: `, '')}`);
  return { ...loaded, problems };
}

test.each<[PermissionRule, string, boolean]>([
  [{ server: 'git*', action: 'deny' }, 'github::push', true],
  [{ server: 'git*', action: 'deny' }, 'digit::push', false],
  [{ server: ['a', 'b'], action: 'deny' }, 'b::x', true],
  [{ tool: 'delete_*', action: 'deny' }, 'a::delete_repo', true],
  [{ tool: 'delete_?', action: 'deny' }, 'a::delete_repo', false],
  [{ tool: 'x', action: 'deny' }, 'a::X', false],
  [{ id: 'a::*', action: 'deny' }, 'a::x', true],
  [{ id: 'a*', action: 'deny' }, 'ab::x', true],
  [{ server: 'a', tool: 'x', action: 'deny' }, 'a::y', false],
  [{ action: 'deny' }, 'a::y', true],
  [{ tags: ['prod', 'eu'], action: 'deny' }, 'a::tagged', true],
  [{ tags: ['test'], action: 'deny' }, 'a::tagged', false],
])('%j on %s: %s [permissions.match]', (rule, id, fits) => {
  const tool = entry(id, undefined, id.endsWith('tagged') ? ['prod'] : []);
  expect(verdictOn(tool, [rule])).toEqual(fits ? { action: 'deny', rule: 0 } : { action: 'allow' });
});

const NOTHING_SAID = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };

test.each([
  [undefined, NOTHING_SAID],
  ['none', NOTHING_SAID],
  [{ destructiveHint: 'no', readOnlyHint: 1 }, NOTHING_SAID],
  [{ readOnlyHint: true }, { ...NOTHING_SAID, readOnlyHint: true, destructiveHint: false, idempotentHint: true }],
  [{ destructiveHint: false }, { ...NOTHING_SAID, destructiveHint: false }],
  [
    { idempotentHint: true, openWorldHint: false },
    { ...NOTHING_SAID, idempotentHint: true, openWorldHint: false },
  ],
  // It cannot be both: the worse is believed.
  [{ readOnlyHint: true, destructiveHint: true }, NOTHING_SAID],
])('annotations %j mean what the protocol says of them [permissions.hints]', (annotations, effects) => {
  const definition = { name: 'x', inputSchema: {}, annotations };
  expect(effectsOf(definition)).toEqual(effects);
  for (const [hint, value] of Object.entries(effects)) {
    const tool = { ...entry('a::x'), definition };
    expect(verdictOn(tool, [{ [hint]: value, action: 'ask' } as PermissionRule]).action).toBe('ask');
    expect(verdictOn(tool, [{ [hint]: !value, action: 'ask' } as PermissionRule]).action).toBe('allow');
  }
});

test('a verdict is found once for each tool, and anew when the rules are others [permissions.cached]', () => {
  const counted = { reads: 0 };
  const rule = (action: 'ask' | 'deny') => [
    {
      action,
      get server() {
        counted.reads++;
        return 'a';
      },
    },
  ];
  let rules: readonly PermissionRule[] = rule('ask');
  const verdicts = new Verdicts(() => rules);
  const tool = entry('a::x');
  for (let time = 0; time < 5; time++) expect(verdicts.of(tool).action).toBe('ask');
  expect(counted.reads).toBe(1);
  rules = rule('deny');
  expect([verdicts.of(tool).action, verdicts.of({ ...tool }).action, counted.reads]).toEqual(['deny', 'deny', 3]);
});

test.each<[unknown, string[]]>([
  [
    { tool: 'x', action: 'dney' },
    [
      '[0].action: found "dney", expected one of "allow", "ask", "deny", did you mean "deny"?; until then whatever it may concern is denied',
    ],
  ],
  [
    { tool: 'x' },
    ['[0].action: found nothing, expected one of "allow", "ask", "deny"; until then whatever it may concern is denied'],
  ],
  [
    { tol: 'x', action: 'ask' },
    ['[0]: unknown key "tol", did you mean "tool"?; until then a person is asked about whatever it may concern'],
  ],
  [
    { tool: 'u::x', action: 'allow' },
    [
      '[0].tool: found "u::x", expected a pattern such as "git*", or a non-empty list of them; whole ids stand under "id"; until then the rule is left out',
    ],
  ],
  [
    { readOnlyHint: 'yes', action: 'deny' },
    ['[0].readOnlyHint: found "yes", expected true or false; until then whatever it may concern is denied'],
  ],
  ['deny all', ['[0]: found a string, expected an object with "action"; until then every tool is denied']],
])('a broken rule %j is named with place, cause and cure [permissions.named]', async (rule, expected) => {
  const { problems, servers } = await load({ $gateway: { permissions: [rule] }, u: { command: ['a'] } });
  expect(problems).toEqual(expected.map((text) => `error $gateway.permissions${text}`));
  expect(servers).toHaveLength(1);
});

test('rules that are no list deny every tool [permissions.named, permissions.broken]', async () => {
  const { problems, settings } = await load({ permissions: { tool: 'x' }, mcpServers: { u: { command: 'a' } } });
  expect(problems).toEqual([
    'error permissions: found an object, expected a list of rules; until then every tool is denied',
  ]);
  expect(verdictOn(entry('u::y'), settings.permissions).action).toBe('deny');
});

test('rules under a misspelt name deny every tool; misplaced ones count [permissions.misplaced]', async () => {
  const rule = { tool: 'x', action: 'ask' };
  const misspelt = await load({ $gateway: { permisions: [rule] }, u: { command: ['a'] } });
  expect(misspelt.problems).toEqual([
    'error $gateway: unknown key "permisions", did you mean "permissions"?; until then every tool is denied',
  ]);
  expect(verdictOn(entry('u::y'), misspelt.settings.permissions).action).toBe('deny');
  const another = await load({ $gateway: { sessions: 5 }, u: { command: ['a'] } });
  expect(another.settings.permissions).toEqual([]);
  const misplaced = await load({ permissions: [rule], u: { command: ['a'] } });
  expect(misplaced.problems.join()).toMatch(/gateway settings stand under "\$gateway"/);
  expect(verdictOn(entry('u::x'), misplaced.settings.permissions).action).toBe('ask');
});

test('names that no server has are warned of, with the nearest [permissions.named]', async () => {
  const permissions = [
    { server: ['github', 'gitlap'], action: 'ask' },
    { id: 'githup::x', action: 'ask' },
    { tags: ['prd'], action: 'ask' },
    { server: 'old', action: 'ask' },
    { server: 'z*', action: 'ask' },
  ];
  const servers = {
    github: { command: 'a', tags: ['prod'] },
    gitlab: { command: 'b' },
    old: { command: 'c', disabled: true },
  };
  const { problems } = await load({ permissions, mcpServers: servers });
  expect(problems).toEqual([
    'warning permissions[0].server: found "gitlap", which fits no server of this file, did you mean "gitlab"?',
    'warning permissions[1].id: found "githup", which fits no server of this file, did you mean "github"?',
    'warning permissions[2].tags: found "prd", which fits no tag of this file, did you mean "prod"?',
    expect.stringMatching(/^warning permissions\[4\]\.server: found "z\*", which fits no server/),
  ]);
});

test('a server of which nothing is left is not among those to start [permissions.deny-server]', async () => {
  const mcpServers = { a: { command: 'a' }, b: { command: 'b', tags: ['x'] }, c: { command: 'c' } };
  const started = async (permissions: object[]) =>
    (await load({ permissions, mcpServers })).servers.map(({ key }) => key);
  expect(await started([{ server: 'a', action: 'deny' }])).toEqual(['b', 'c']);
  expect(await started([{ tags: ['x'], action: 'deny' }])).toEqual(['a', 'c']);
  expect(
    await started([
      { server: 'a', tool: 'x', action: 'allow' },
      { server: 'a', action: 'deny' },
    ]),
  ).toEqual(['a', 'b', 'c']);
  expect(await started([{ server: 'a', action: 'allow' }, { action: 'deny' }])).toEqual(['a']);
  expect(await started([{ server: 'a', tol: 'x', action: 'deny' }])).toEqual(['a', 'b', 'c']);
});

test('a broken rule may hide resources and prompts, and never shows them [permissions.broken]', () => {
  const server = { key: 'u', tags: [] };
  const broken = (action: 'allow' | 'ask' | 'deny'): PermissionRule => ({ server: 'u', action, broken: true });
  const denying: PermissionRule = { server: 'u', action: 'deny' };
  expect(hidesPrimitives([broken('allow'), denying], server)).toBe(true);
  expect(hidesPrimitives([broken('deny'), { action: 'allow' }], server)).toBe(true);
  expect(hidesPrimitives([{ tool: 'x', action: 'deny' }, { action: 'allow' }, denying], server)).toBe(false);
  expect(hidesPrimitives([], server)).toBe(false);
});

test('the rules shown in docs/permissions.md load without a complaint', async () => {
  const text = readFileSync(new URL('../../../../docs/permissions.md', import.meta.url), 'utf8');
  const samples = [...text.matchAll(/^```jsonc\n(.*?)\n```$/gms)].map(([, sample = '']) => JSON.parse(sample));
  const loaded = await Promise.all(samples.map((sample) => load(sample)));
  expect(loaded.map(({ problems }) => problems)).toEqual([[], []]);
  expect(loaded.map(({ settings }) => settings.permissions.length)).toEqual([1, 4]);
});

test('the schema for editors knows the rules', () => {
  expect(schema.safeParse([{ server: 'a', tool: ['b', 'c*'], readOnlyHint: true, action: 'ask' }]).success).toBe(true);
});

test('what is shown of a call has no secrets and nothing invisible, and says where it was cut [permissions.shown]', () => {
  const definition = { name: 'run\u202Egnp.\n"x"', inputSchema: {} };
  const shown = describeCall(
    { server: 's', definition },
    { password: 'hunter22', note: 'a\u200Bb\u202Ec', list: [1, 2] },
  );
  expect(shown).toContain('Call the tool "run\\u{202e}gnp.\\n\\"x\\"" of the server "s" with:\n{');
  expect(shown).toContain('"password": "[redacted]"');
  expect(shown).toContain('"a\\u{200b}b\\u{202e}c"');
  expect(shown).not.toMatch(/[\u200B\u202E]|hunter22/);
  const long = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`p${at}`, 'x'.repeat(900)]));
  expect(describeCall({ server: 's', definition }, long)).toMatch(/…\n\(cut: \d+ characters\)$/);
  expect(describeCall({ server: 's', definition: { name: 'x', inputSchema: {} } }, {})).toBe(
    'Call the tool "x" of the server "s" without arguments.',
  );
});
