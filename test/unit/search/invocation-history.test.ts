import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InvocationHistory } from '../../../src/search/invocation-history.ts';
import { temporaryFolder } from '../../helpers/system/folders.ts';

const DAY_MS = 24 * 3_600_000;

function folder(): string {
  const path = temporaryFolder('usage-');
  return path;
}

function use(memory: InvocationHistory, query: string, tool: string, times = 1): void {
  for (let time = 0; time < times; time++) {
    memory.searched('me', query, ['a::x', 'b::y']);
    memory.invoked('me', tool);
  }
}

test('a tool invoked after a search gains for like queries, a little more with each use, within a bound [usage.counts]', () => {
  const memory = new InvocationHistory();
  expect(memory.bonus('list issues', 'a::x')).toBe(0);
  use(memory, 'list my issues', 'a::x');
  const once = memory.bonus('issues list', 'a::x');
  use(memory, 'list my issues', 'a::x', 1_000);
  const often = memory.bonus('issues list', 'a::x');
  expect(once).toBeGreaterThan(0);
  expect(often).toBeGreaterThan(once);
  expect(often).toBeLessThanOrEqual(0.1);
  expect(memory.bonus('read file', 'a::x')).toBe(0);
  expect(memory.bonus('list issues', 'b::y')).toBe(0);
});

test('only what the caller’s own last search offered counts, and only soon after it [usage.counts]', () => {
  let now = 0;
  const memory = new InvocationHistory({ now: () => now });
  memory.searched('me', 'issues', ['a::x']);
  memory.invoked('me', 'b::y');
  memory.invoked('you', 'a::x');
  now += 3_600_000;
  memory.invoked('me', 'a::x');
  expect([memory.bonus('issues', 'a::x'), memory.bonus('issues', 'b::y')]).toEqual([0, 0]);
});

test('of 1,000 callers the last search is remembered, not of more [usage.bounded]', () => {
  const memory = new InvocationHistory();
  const callers = Array.from({ length: 1_001 }, (_, index) => `caller ${index}`);
  for (const caller of callers) memory.searched(caller, 'issues', ['a::x']);
  memory.invoked('caller 0', 'a::x');
  expect(memory.bonus('issues', 'a::x')).toBe(0);
  memory.invoked('caller 1', 'a::x');
  expect(memory.bonus('issues', 'a::x')).toBeGreaterThan(0);
});

test('counts decay [usage.bounded]', () => {
  let now = 0;
  const memory = new InvocationHistory({ now: () => now });
  use(memory, 'issues', 'a::x', 3);
  const fresh = memory.bonus('issues', 'a::x');
  now += 60 * DAY_MS;
  expect(memory.bonus('issues', 'a::x')).toBeLessThan(fresh / 2);
});

test('the memory is kept on disk for its owner alone, and is there in the next run [usage.disk]', async () => {
  const path = join(folder(), 'deep', 'usage.json');
  const memory = new InvocationHistory({ path });
  use(memory, 'issues', 'a::x');
  await memory.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new InvocationHistory({ path }).bonus('issues', 'a::x')).toBeCloseTo(memory.bonus('issues', 'a::x'), 6);
});

test.each(['', 'not json', '[]', '{"version":2}', '{"version":1,"words":[[1],["a",[["x","y","z"]]],null]}'])(
  'a corrupt or foreign file (%j) is ignored [usage.disk]',
  (text) => {
    const path = join(folder(), 'usage.json');
    writeFileSync(path, text);
    expect(new InvocationHistory({ path }).bonus('a', 'x')).toBe(0);
  },
);

test('it stays bounded however many words and tools are used [usage.bounded]', async () => {
  const path = join(folder(), 'usage.json');
  const memory = new InvocationHistory({ path });
  for (let n = 0; n < 5_000; n++) {
    memory.searched('me', `word${n} common`, [`s::t${n}`]);
    memory.invoked('me', `s::t${n}`);
  }
  await memory.close();
  const { words } = JSON.parse(readFileSync(path, 'utf8'));
  expect(words.length).toBeLessThanOrEqual(2_000);
  for (const [, tools] of words) expect(tools.length).toBeLessThanOrEqual(20);
  expect(memory.bonus('word4999', 's::t4999')).toBeGreaterThan(0);
});
