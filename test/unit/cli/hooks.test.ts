import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { decideHook } from '../../../src/cli/commands/hook-decision.ts';
import { hooks } from '../../../src/cli/commands/hooks.ts';
import type { Terminal } from '../../../src/cli/terminal/terminal.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { writeRecord } from '../../../src/config/project/project-file.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { serverMemory } from '../../../src/upstream/catalog-cache.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';
import { BIN } from '../../helpers/gateway/gateway-process.ts';
import { DEFINITIONS, notes } from '../../helpers/gateway/permissions.ts';

/** The home of a user with one server `u`, whose tools are remembered, and these rules. */
async function home(permissions: object[]) {
  const files = clientFiles({ empty: true });
  const places = { XDG_CACHE_HOME: join(files.home, 'cache'), XDG_DATA_HOME: join(files.home, 'data') };
  const env: typeof places & { HOME: string; CLAUDE_PROJECT_DIR?: string } = { HOME: files.home, ...places };
  mkdirSync(dirname(files.config), { recursive: true });
  const entries = { u: notes(), new: notes(['echo'], { name: 'new' }) };
  writeFileSync(files.config, JSON.stringify({ $gateway: { permissions }, ...entries }));
  const { servers } = await loadConfig(files.config, env);
  const memory = serverMemory(join(env.XDG_CACHE_HOME, 'mcp-gateway'));
  const [u] = servers;
  if (u) memory.learn(u, { about: {}, offers: [], tools: DEFINITIONS }, { capabilities: {} });
  await memory.close();
  const terminal: Terminal = { ...files.terminal, env };
  const decide = async (input: unknown) => {
    const code = await decideHook(undefined, { ...terminal, readInput: async () => asText(input) });
    const said = files.said();
    return { code, said, output: code === 0 && said ? (JSON.parse(said).hookSpecificOutput as JsonObject) : undefined };
  };
  return { ...files, terminal, env, decide };
}

const asText = (input: unknown) => (typeof input === 'string' ? input : JSON.stringify(input));
const hook = (id: string, args: JsonObject = {}, more: JsonObject = {}) => ({
  ...{ hook_event_name: 'PreToolUse', tool_name: 'mcp__gateway__invoke', tool_use_id: 'toolu_1' },
  ...{ permission_mode: 'default', tool_input: { id, args }, ...more },
});

const RULES = [
  { tool: 'delete_*', action: 'deny' },
  { readOnlyHint: true, action: 'allow' },
  { server: 'new', tool: 'known', action: 'allow' },
  { tool: 'add_*', action: 'ask' },
];

test('the hook of Claude Code answers by the rules for the tool within [permissions.hook]', async () => {
  const { decide } = await home(RULES);
  const { output } = await decide(hook('u::add_note', { title: 'a', token: 'secret-value' }));
  expect(output).toMatchObject({ hookEventName: 'PreToolUse', permissionDecision: 'ask' });
  expect(output?.permissionDecisionReason).toMatch(
    /^Call the tool "add_note" of the server "u" with:\n\{\n {2}"title": "a"/,
  );
  expect(output?.permissionDecisionReason).not.toContain('secret-value');
  expect((await decide(hook('u::read_note'))).output).toMatchObject({ permissionDecision: 'allow' });
  expect((await decide(hook('u::delete_note'))).output).toEqual({
    ...{ hookEventName: 'PreToolUse', permissionDecision: 'deny' },
    permissionDecisionReason: 'no tool "u::delete_note"; use search to find tools',
  });
  const async = { tool_name: 'mcp__my-gateway__invoke_async' };
  expect((await decide(hook('u::add_note', {}, async))).output).toMatchObject({ permissionDecision: 'ask' });
});

test('the hook says nothing where no rule speaks, of other tools, and of what is not known [permissions.hook]', async () => {
  const { decide } = await home(RULES);
  const quiet = [
    hook('u::echo'),
    hook('nowhere::x'),
    // Its server has not been asked yet: what it does is not known.
    hook('new::known'),
    hook('u::add_note', {}, { tool_name: 'mcp__gateway__search' }),
    hook('u::add_note', {}, { tool_name: 'Bash' }),
    hook('u::add_note', {}, { tool_input: { args: {} } }),
    hook('u::add_note', {}, { tool_input: null }),
  ];
  for (const input of quiet) expect(await decide(input)).toEqual({ code: 0, said: '', output: undefined });
  expect((await decide(hook('new::add_x'))).output).toMatchObject({ permissionDecision: 'ask' });
});

test('the hook reads what models write as the gateway does [permissions.hook]', async () => {
  const { decide } = await home(RULES);
  const tool_input = { id: 'u::add_note', args: '{"title": "as text"}', timeoutMs: null };
  const { output } = await decide(hook('', {}, { tool_input }));
  expect(output?.permissionDecisionReason).toContain('"as text"');
});

test('what the hook cannot read is no yes [permissions.hook-closed]', async () => {
  const { decide, config } = await home(RULES);
  for (const input of ['', 'x', '[]', '{']) expect((await decide(input)).code).toBe(2);
  writeFileSync(config, '{ "$gateway": ');
  const { output } = await decide(hook('u::read_note'));
  expect(output).toMatchObject({ permissionDecision: 'ask' });
  expect(output?.permissionDecisionReason).toContain('config.json');
});

test('word that Claude Code asks is left only where a person answers it [permissions.handover]', async () => {
  const { decide, env } = await home(RULES);
  const folder = join(env.XDG_DATA_HOME, 'mcp-gateway/asked');
  const left = () => readdirSync(folder, { withFileTypes: true }).length;
  mkdirSync(folder, { recursive: true });
  await decide(hook('u::add_note', {}, { permission_mode: 'bypassPermissions' }));
  await decide(hook('u::add_note', {}, { tool_use_id: undefined }));
  await decide(hook('u::read_note'));
  expect(left()).toBe(0);
  await decide(hook('u::add_note'));
  expect(left()).toBe(1);
});

test('the hook judges by what the session in its directory is served [hook.project]', async () => {
  const {
    decide,
    env,
    home: where,
  } = await home([
    { tool: 'read_*', action: 'allow' },
    { tool: 'add_*', action: 'ask' },
  ]);
  const project = join(where, 'shop');
  const file = join(project, '.mcp-gateway.json');
  const text = JSON.stringify({
    u: notes(['echo'], { name: 'theirs' }),
    mine: notes(),
    $gateway: { permissions: [{ tool: 'echo', action: 'deny' }] },
  });
  mkdirSync(join(project, 'within'), { recursive: true });
  writeFileSync(file, text);
  const decision = async (id: string, more: JsonObject) =>
    (await decide(hook(id, {}, more))).output?.permissionDecision;
  const within = { cwd: join(project, 'within') };
  // Before it is confirmed the user's own server is meant.
  expect(await decision('u::read_note', within)).toBe('allow');
  await writeRecord(join(env.XDG_DATA_HOME, 'mcp-gateway'), { path: file, text });
  const config = await loadConfig(file, env);
  const memory = serverMemory(join(env.XDG_CACHE_HOME, 'mcp-gateway'));
  for (const server of config.servers) {
    const theirs = { ...server, cwd: project };
    memory.learn(theirs, { about: {}, offers: [], tools: DEFINITIONS }, { capabilities: {} });
  }
  await memory.close();
  expect(await decision('u::read_note', within)).toBeUndefined();
  expect(await decision('mine::read_note', within)).toBeUndefined();
  expect(await decision('u::add_note', within)).toBe('ask');
  expect(await decision('u::echo', within)).toBe('deny');
  expect(await decision('u::read_note', {})).toBe('allow');
  // The session may have begun elsewhere than where it stands now.
  env.CLAUDE_PROJECT_DIR = project;
  expect(await decision('u::read_note', { cwd: where })).toBeUndefined();
  expect(await decision('u::read_note', { cwd: 7 })).toBeUndefined();
});

test('hooks claude-code prints a hook whose command answers [permissions.print-claude-code]', async () => {
  const { terminal, env, said } = await home(RULES);
  const self = [process.execPath, BIN] as const;
  let printed = '';
  const write = (text: string) => {
    printed += text;
  };
  expect(await hooks({ words: ['claude-code'], entry: 'my gateway' }, { ...terminal, self, write })).toBe(0);
  expect(said()).toMatch(/^This goes into ~\/\.claude\/settings\.json\./);
  const [{ matcher, hooks: commands }] = JSON.parse(printed).hooks.PreToolUse;
  expect(matcher).toBe('mcp__my_gateway__invoke|mcp__my_gateway__invoke_async');
  expect(commands).toMatchObject([{ type: 'command', timeout: 10 }]);
  const options = { input: JSON.stringify(hook('u::delete_note')), env, encoding: 'utf8' } as const;
  const { stdout, status } = spawnSync('/bin/sh', ['-c', commands[0].command], options);
  expect({ status, decision: JSON.parse(stdout).hookSpecificOutput.permissionDecision }).toEqual({
    ...{ status: 0, decision: 'deny' },
  });
});

test('the printed hook names the file that it was printed for, quoted [permissions.print-claude-code]', async () => {
  const { terminal, config, cwd } = await home(RULES);
  const odd = join(cwd, "it's mine.json");
  writeFileSync(odd, '{}');
  let printed = '';
  const write = (text: string) => {
    printed += text;
  };
  await hooks({ words: ['claude-code'], config }, { ...terminal, write });
  expect(printed).toContain(`--config ${config}`);
  await hooks({ words: ['claude-code'], config: odd }, { ...terminal, write });
  expect(printed).toContain(`--config '${cwd}/it'\\\\''s mine.json'`);
});

test('hooks opencode prints what OpenCode can express, and says what it cannot [permissions.print-others]', async () => {
  const asking = await home(RULES);
  expect(await hooks({ words: ['opencode'] }, asking.terminal)).toBe(0);
  const said = asking.said();
  expect(JSON.parse(said.slice(0, said.indexOf('\n}\n') + 2))).toEqual({
    permission: { gateway_invoke: 'ask', gateway_invoke_async: 'ask' },
    mcp: { gateway: { environment: { MCP_GATEWAY_ASK: 'client' } } },
  });
  expect(said).toMatch(/no rule of its own can tell one from the other/);
  const denying = await home([{ tool: 'x', action: 'deny' }]);
  await hooks({ words: ['opencode'] }, denying.terminal);
  expect(denying.said()).toMatch(/No rule asks: there is nothing to print/);
});

test('hooks for others says that there is nothing to print; misuse is 2 [permissions.print-others]', async () => {
  const { terminal, said } = await home([]);
  expect(await hooks({ words: ['cursor'] }, terminal)).toBe(0);
  expect(said()).toMatch(/nothing to print for Cursor.*The gateway goes by its own rules.*There are no rules yet/s);
  const misuses: [string[], boolean, RegExp][] = [
    [[], false, /names no client/],
    [['cursor', 'codex'], false, /expected one client/],
    [['claude-cod'], false, /did you mean "claude-code"/],
    [['opencode'], true, /--decide answers hooks of claude-code only/],
  ];
  for (const [clients, decide, expected] of misuses) {
    expect(await hooks({ words: clients, decide }, terminal)).toBe(2);
    expect(said()).toMatch(expected);
  }
});
