import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isReached, type Row } from '../../bench/performance/row.ts';
import { addedRatios, median, quantile, ratios } from '../../bench/performance/statistics.ts';
import { table } from '../../bench/performance/table.ts';
import { writeBetweenMarkers } from '../../bench/performance/write-between-markers.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const row: Row = { label: 'CPU', unit: '×', values: [3, 1, 2.5], goal: { atMost: 2.5 }, original: 4, beside: 'b' };

test('quantiles lie between neighbours, and there is none of nothing', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
  expect(median([])).toBeNaN();
});

test('ratios are taken within a round', () => {
  const rounds = [
    { ours: 3, relay: 2, direct: 1 },
    { ours: 8, relay: 4, direct: 2 },
    // Here the relay added nothing that could be measured.
    { ours: 3, relay: 2, direct: 2 },
  ];
  expect(ratios(rounds, 'ours', 'relay')).toEqual([1.5, 2, 1.5]);
  expect(addedRatios(rounds, 'ours', 'relay', 'direct')).toEqual([2, 3]);
});

test('a row shows median, spread, goal, verdict and original in its unit', () => {
  const cells = table([row])
    .split('\n')
    .at(-1)
    ?.split('|')
    .map((cell) => cell.trim());
  expect(cells).toEqual(['', 'CPU', '2.50×', '1–3', '≤ 2.5×', 'yes', '4×', 'b', '']);
});

test('a goal is reached on its side of the bound, and nothing is said without a figure', () => {
  const reached = (goal: Row['goal'], ...values: number[]) => isReached({ ...row, goal, values });
  expect([reached({ atMost: 2 }, 2), reached({ atMost: 2 }, 2.1)]).toEqual([true, false]);
  expect([reached({ atLeast: 2 }, 2), reached({ atLeast: 2 }, 1.9)]).toEqual([true, false]);
  expect([reached({ atMost: 2 }, NaN), reached(undefined, 1)]).toEqual([undefined, undefined]);
});

test('what stands between the markers is replaced, and nothing else', () => {
  const file = join(temporaryDirectory(), 'README.md');
  writeFileSync(file, 'a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n');
  writeBetweenMarkers(file, 'x', 'new');
  expect(readFileSync(file, 'utf8')).toBe('a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n');
  expect(() => writeBetweenMarkers(file, 'y', 'new')).toThrow('<!-- y: begin -->');
});
