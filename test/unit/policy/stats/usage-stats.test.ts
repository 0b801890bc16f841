import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import { ownerOf } from '../../../../src/core/call.ts';
import { GatewayError } from '../../../../src/core/errors.ts';
import type { ToolDefinition } from '../../../../src/core/tool.ts';
import { createLogger } from '../../../../src/platform/log.ts';
import { addCounts } from '../../../../src/policy/stats/add-counts.ts';
import { countCall, countFailure, newCounts } from '../../../../src/policy/stats/counts.ts';
import { definitionTokens } from '../../../../src/policy/stats/definition-tokens.ts';
import { addToStats, readStats, resetStats } from '../../../../src/policy/stats/stats-file.ts';
import { UsageStats } from '../../../../src/policy/stats/usage-stats.ts';
import { callOf, contextOf, failing, giving, OK } from '../../../helpers/gateway/observed-calls.ts';
import { temporaryDirectory } from '../../../helpers/servers/fixture.ts';
import { REAL_TOOLS } from '../../../helpers/servers/real-tools.ts';

const ADA = contextOf('ada', 's1');
const OWNER = ownerOf(ADA.caller);
const INTRODUCED = Promise.resolve({ info: { name: 'test' }, capabilities: {} });
const OWN_TOKENS = 50;

function receiptIn(directory: string | undefined, isOn = () => true) {
  const lines: string[] = [];
  const log = createLogger((line) => lines.push(line), 'debug');
  const servers = () => ['files'];
  const receipt = new UsageStats({ isOn, directory, servers, ownTokens: () => OWN_TOKENS, log });
  return { receipt, lines, close: () => receipt.guard.close?.(), call: receipt.guard.policy ?? ((next) => next) };
}

const kept = async (directory: string) => (await readStats(join(directory, 'stats.json')))?.counts;
const definition = (name: string): ToolDefinition => ({ name, inputSchema: { type: 'object' }, annotations: { x: 1 } });

test('calls, jobs and failures are counted by server and tool [receipt.counts]', async () => {
  const directory = temporaryDirectory();
  const { receipt, close, call } = receiptIn(directory);
  receipt.serve();
  const timeout = new GatewayError('TIMEOUT', 'late');
  await call(giving(OK))(callOf('files', 'read'), ADA);
  await call(giving({ content: [], isError: true }))(callOf('files', 'read'), ADA);
  await expect(call(failing(timeout))(callOf('notes', 'add'), ADA)).rejects.toBe(timeout);
  const given = new GatewayError('CANCELLED', 'given up');
  await expect(call(failing(given))(callOf('notes', 'add'), ADA)).rejects.toBe(given);
  await expect(call(failing(new Error('defect')))(callOf('notes', 'add'), ADA)).rejects.toThrow('defect');
  receipt.refused(ADA.caller, 'files::raed', new GatewayError('TOOL_NOT_FOUND', 'no tool'));
  receipt.submitted({ jobId: 'job_1', owner: OWNER });
  await close();
  expect(await kept(directory)).toMatchObject({
    calls: 6,
    jobs: 1,
    failures: new Map([
      ['TOOL_NOT_FOUND', 1],
      ['tool_error', 1],
      ['TIMEOUT', 1],
      ['INTERNAL', 1],
    ]),
    servers: new Map([
      ['files', { calls: 2, failed: 1 }],
      ['notes', { calls: 3, failed: 2 }],
    ]),
    tools: new Map([
      ['files::read', { calls: 2, failed: 1 }],
      ['notes::add', { calls: 3, failed: 2 }],
    ]),
  });
});

test('a call that runs when the gateway ends has been counted [receipt.counts]', async () => {
  const directory = temporaryDirectory();
  const { receipt, close, call } = receiptIn(directory);
  receipt.serve();
  void call(() => new Promise(() => {}))(callOf('files', 'read'), ADA);
  await close();
  expect(await kept(directory)).toMatchObject({ calls: 1, failures: new Map() });
});

test('a search leads to a call once, by what it showed, in its own session [receipt.searches]', async () => {
  const directory = temporaryDirectory();
  const { receipt, close, call } = receiptIn(directory);
  const use = (tool: string, session: string) => call(giving(OK))(callOf('files', tool), contextOf('ada', session));
  receipt.serve();
  receipt.searched(OWNER, ['files::read', 'files::list']);
  receipt.searched(OWNER, ['files::read']);
  receipt.searched(OWNER, ['files::write']);
  receipt.searched(OWNER, []);
  await use('write', 'another session');
  await use('list', 's1');
  await use('read', 's1');
  await use('read', 's1');
  await close();
  expect(await kept(directory)).toMatchObject({ searches: 4, ledToCall: 2, foundNothing: 1 });
});

test('a session that has ended leads no search to a call any more [receipt.searches]', async () => {
  const directory = temporaryDirectory();
  const { receipt, close, call } = receiptIn(directory);
  receipt.session(OWNER, INTRODUCED);
  await INTRODUCED;
  receipt.searched(OWNER, ['files::read']);
  receipt.left(OWNER);
  await call(giving(OK))(callOf('files', 'read'), ADA);
  await close();
  expect(await kept(directory)).toMatchObject({ searches: 1, ledToCall: 0 });
});

test('each session is spared all definitions less our own, once [receipt.tokens, receipt.session]', async () => {
  const directory = temporaryDirectory();
  const { receipt, close, lines } = receiptIn(directory);
  const tools = Array.from({ length: 30 }, (_, index) => definition(`tool_${index}`));
  receipt.guard.listed?.('files', tools);
  receipt.guard.listed?.('not configured any more', tools);
  for (const session of ['s1', 's2']) receipt.session(ownerOf(contextOf('ada', session).caller), INTRODUCED);
  await INTRODUCED;
  receipt.left(OWNER);
  await close();
  const spared = definitionTokens(tools) - OWN_TOKENS;
  expect(spared).toBeGreaterThan(100);
  expect(await kept(directory)).toMatchObject({ sessions: 2, tokensNotSent: 2 * spared });
  const said = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'receipt');
  expect(said).toHaveLength(2);
  for (const line of said) expect(line).toMatchObject({ level: 'debug', sessions: 1, tokensNotSent: spared });
});

test('only what a host shows its model of a tool is billed [receipt.tokens]', () => {
  const bare = { name: 'read', description: 'Reads.', inputSchema: { type: 'object' } };
  const rich = {
    ...bare,
    annotations: { title: 'Read' },
    outputSchema: { type: 'object' },
    _meta: { a: 'long'.repeat(99) },
  };
  expect(definitionTokens([rich])).toBe(definitionTokens([bare]));
  expect(definitionTokens([bare, rich])).toBe(2 * definitionTokens([bare]));
});

test('thousands of tools are billed by a sample, close to all of them [receipt.tokens]', () => {
  const tools = Array.from({ length: 4_321 }, (_, index) => definition('tool_'.repeat(1 + (index % 7)) + index));
  const all = tools.reduce((sum, tool) => sum + definitionTokens([tool]), 0);
  expect(Math.abs(definitionTokens(tools) - all) / all).toBeLessThan(0.05);
  expect(definitionTokens([])).toBe(0);
});

test('the estimate is near what a tokenizer counts, and not far above it [receipt.tokens]', () => {
  const shown = REAL_TOOLS.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  const counted = shown.reduce((sum, tool) => sum + countTokens(JSON.stringify(tool)), 0);
  expect(definitionTokens(REAL_TOOLS) / counted).toBeGreaterThan(0.8);
  expect(definitionTokens(REAL_TOOLS) / counted).toBeLessThan(1.1);
});

test('a session with fewer tools than ours is spared nothing [receipt.tokens]', async () => {
  const directory = temporaryDirectory();
  const { receipt, close } = receiptIn(directory);
  receipt.guard.listed?.('files', [definition('a')]);
  receipt.session(OWNER, INTRODUCED);
  await INTRODUCED;
  await close();
  expect(await kept(directory)).toMatchObject({ sessions: 1, tokensNotSent: 0 });
});

test('the caller gets the very promise of the call [receipt.free]', async () => {
  const { receipt, call } = receiptIn(undefined);
  receipt.serve();
  const called = Promise.resolve(OK);
  expect(call(() => called)(callOf('files', 'read'), ADA)).toBe(called);
});

test('a folder that cannot be written costs the count only, which is kept for later [receipt.free]', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const { receipt, close, call, lines } = receiptIn(join(file, 'below'));
  receipt.serve();
  expect(await call(giving(OK))(callOf('files', 'read'), ADA)).toBe(OK);
  await close();
  expect(lines.join('')).toContain('counts not kept');
});

test('nothing counts while no client is served, or when it is switched off [receipt.people, receipt.switch]', async () => {
  const directory = temporaryDirectory();
  const unserved = receiptIn(directory);
  const off = receiptIn(directory, () => false);
  off.receipt.session(OWNER, INTRODUCED);
  await INTRODUCED;
  for (const { receipt, call, close } of [unserved, off]) {
    receipt.searched(OWNER, ['files::read']);
    receipt.submitted({ jobId: 'job_1', owner: OWNER });
    receipt.refused(ADA.caller, 'x', new GatewayError('TOOL_NOT_FOUND', 'no'));
    await call(giving(OK))(callOf('files', 'read'), ADA);
    await close();
  }
  expect(readdirSync(directory)).toEqual([]);
});

test('what was counted before it was switched off is not written either [receipt.switch]', async () => {
  const directory = temporaryDirectory();
  let isOn = true;
  const { receipt, close, lines } = receiptIn(directory, () => isOn);
  receipt.session(OWNER, INTRODUCED);
  await INTRODUCED;
  receipt.searched(OWNER, ['files::read']);
  isOn = false;
  await close();
  expect(readdirSync(directory)).toEqual([]);
  expect(lines).toEqual([]);
});

test('many servers and tools do not make the file grow without end [receipt.bounded]', async () => {
  const counts = newCounts();
  const more = newCounts();
  for (let index = 0; index < 3_000; index++) countCall(more, { id: `s${index}::t`, server: `s${index}` });
  const often = { id: 'often::used', server: 'often' };
  for (let index = 0; index < 3; index++) countCall(more, often);
  countFailure(more, 'TIMEOUT', often);
  addCounts(counts, more);
  addCounts(counts, more);
  expect(counts.calls).toBe(6_006);
  expect(counts.tools.size).toBe(1_000);
  expect(counts.servers.size).toBe(200);
  expect(counts.tools.get('often::used')).toEqual({ calls: 6, failed: 2 });
});

test('what is added at the same time adds up [receipt.together]', async () => {
  const path = join(temporaryDirectory(), 'deep', 'stats.json');
  const one = newCounts();
  countCall(one, { id: '__proto__::constructor', server: '__proto__' });
  await Promise.all(Array.from({ length: 25 }, () => addToStats(path, one)));
  const counts = (await readStats(path))?.counts;
  expect(counts?.calls).toBe(25);
  expect(counts?.servers).toEqual(new Map([['__proto__', { calls: 25, failed: 0 }]]));
});

test('a lock that was left behind holds nobody up for long [receipt.crash]', async () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'stats.json');
  writeFileSync(`${path}.lock`, '');
  utimesSync(`${path}.lock`, new Date(0), new Date(0));
  await addToStats(path, newCounts());
  expect(readdirSync(directory)).toEqual(['stats.json']);
});

test('a broken file is begun anew; one of a newer gateway is left alone [receipt.stats]', async () => {
  const path = join(temporaryDirectory(), 'stats.json');
  const one = newCounts();
  countCall(one);
  for (const broken of ['', '{"format":1', '[]', '{"format":1,"calls":"x","servers":[1,[2],["a","b"]],"tools":{}}']) {
    writeFileSync(path, broken);
    await addToStats(path, one);
    expect({ broken, calls: (await readStats(path))?.counts.calls }).toEqual({ broken, calls: 1 });
  }
  writeFileSync(path, '{"format":2}');
  for (const act of [() => addToStats(path, one), () => resetStats(path), () => readStats(path)])
    await expect(act()).rejects.toThrow('another version of mcp-gateway');
  expect(readFileSync(path, 'utf8')).toBe('{"format":2}');
});
