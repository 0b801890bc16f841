import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { temporaryDirectory } from '../helpers/servers/fixture.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RUNNER = 'test/bench/run.mjs performance/bench';

test('it prints ratios beside their goals, writes the figures of every round, and ends with 0 [speed.bench]', () => {
  const json = join(temporaryDirectory(), 'figures.json');
  const { status, stdout, stderr } = bench('--only', 'startup,latency', '--rounds', '2', '--json', json);
  const names = ['startup', 'latency-stdio', 'latency-http'];
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: names.map((name) => `${name} 1/2\n${name} 2/2\n`).join(''),
  });
  expect(stdout).toMatch(
    /^Measured on \d{4}-\d\d-\d\d with Node [\d.]+ on \w+, \d+ CPUs, load average [\d.]+ before\.$/m,
  );
  expect(stdout).toMatch(
    /^\| spawn → `initialize`.* \| [\d.]+× +\| [\d.]+–[\d.]+ +\| 2\.58× +\| ≤ 1\.6× +\| ≤ 1\.3× +\| (no|yes|moonshot) +\| ours /m,
  );
  expect(stdout).toMatch(/^\| added p50 of `invoke`.* \| ours [\d.]+ ms, relay [\d.]+ ms, direct [\d.]+ ms \|$/m);
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  expect(rows).toHaveLength(4);
  expect(rows[0]).toMatchObject({ unit: '×', goal: { atMost: 1.6 }, reached: expect.any(String) });
  expect(rows[0].values.filter((value: number) => value > 0)).toHaveLength(2);
}, 180_000);

test('`npm run bench` builds and then runs it [speed.bench]', () => {
  expect(manifest.scripts).toMatchObject({ prebench: 'npm run --silent build', bench: `node ${RUNNER}` });
});

test.each([
  [['--only', 'latncy'], 'there is no latncy; there are startup, found-10, found-30, latency-stdio'],
  [['--rounds', '0'], '0 is no number of rounds'],
  [['--only', 'startup', '--write'], 'leave out --only'],
])('%j is refused with the reason', (args, reason) => {
  const { status, stdout, stderr } = bench(...args);
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(reason) });
});

function bench(...args: string[]) {
  return spawnSync(process.execPath, [...RUNNER.split(' '), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 170_000,
  });
}
