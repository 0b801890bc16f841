import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { temporaryDirectory } from '../helpers/servers/fixture.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RUNNER = 'test/bench/run.mjs http/load';
const WIDTHS = [1, 8, 32, 64];

test('it measures every participant at every width, and says what it could not [http.bench]', () => {
  const json = join(temporaryDirectory(), 'figures.json');
  const { status, stdout, stderr } = bench('--only', 'ours,relay,bare', '--rounds', '2', '--json', json);
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'round 1/2\nround 2/2\n' });
  expect(stdout).toMatch(/^\| calls per second with 32 in flight, against the best peer .* \| ours [\d,]+\/s, relay /m);
  const { results } = JSON.parse(readFileSync(json, 'utf8'));
  expect(results.map(([width]: [number]) => width)).toEqual(WIDTHS);
  for (const [, rounds] of results) {
    expect(rounds).toHaveLength(2);
    for (const round of rounds) expect(Object.keys(round).sort()).toEqual(['bare', 'ours', 'relay']);
  }
  for (const { rate, p50, p99 } of Object.values<Record<string, number>>(results[2][1][0])) {
    expect(rate).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50 ?? NaN);
  }
}, 180_000);

test('`npm run bench:http` builds and then runs it [http.bench]', () => {
  expect(manifest.scripts).toMatchObject({
    'prebench:http': 'npm run --silent build',
    'bench:http': `node ${RUNNER}`,
  });
});

test.each([
  [['--only', 'supergatewya'], 'there is no supergatewya; there are ours, mcp-proxy'],
  [['--sessions', '0'], '--sessions: 0 is no number above 0'],
  [['--only', 'bare', '--write'], 'leave out --only'],
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
