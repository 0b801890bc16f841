import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparison } from '../../bench/performance/comparison.ts';
import { type Row, reached } from '../../bench/performance/row.ts';
import { addedRatios, median, medianInterval, quantile, ratios } from '../../bench/performance/statistics.ts';
import { table } from '../../bench/performance/table.ts';
import { writeBetweenMarkers } from '../../bench/performance/write-between-markers.ts';
import { temporaryDirectory } from '../../helpers/servers/fixture.ts';

const row: Row = {
  ...{ label: 'CPU', unit: '×', values: [3, 1, 2.5], goal: { atMost: 2.5 }, moonshot: 1.5, earlier: 4, beside: 'b' },
};

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

test('a row shows median, spread, what was earlier, goal, moonshot and verdict in its unit', () => {
  expect(lastLine(table([row]))).toEqual(['CPU', '2.50×', '1–3', '4×', '≤ 2.5×', '≤ 1.5×', 'yes', 'b']);
});

test('a goal is reached on its side of the bound, and nothing is said without a figure', () => {
  const verdict = (goal: Row['goal'], moonshot: number | undefined, ...values: number[]) =>
    reached({ label: '', unit: '×', values, ...(goal && { goal }), ...(moonshot && { moonshot }) });
  expect([2, 2.1].map((value) => verdict({ atMost: 2 }, undefined, value))).toEqual(['yes', 'no']);
  expect([2, 1.9].map((value) => verdict({ atLeast: 2 }, undefined, value))).toEqual(['yes', 'no']);
  expect([1, 1.1].map((value) => verdict({ atMost: 2 }, 1, value))).toEqual(['moonshot', 'yes']);
  expect([3, 2.9].map((value) => verdict({ atLeast: 2 }, 3, value))).toEqual(['moonshot', 'yes']);
  expect([verdict({ atMost: 2 }, 1, NaN), verdict(undefined, 1, 1)]).toEqual([undefined, undefined]);
});

test('the interval of a median is the narrowest pair of samples that holds it with 95 % [speed.interval]', () => {
  expect(medianInterval([])).toBeUndefined();
  expect(medianInterval([3, 1, 2])).toEqual({ low: 1, high: 3, coverage: 0.75 });
  expect(medianInterval([6, 5, 4, 3, 2, 1])).toEqual({ low: 1, high: 6, coverage: 1 - 2 / 64 });
  // Of a table of the sign test: the 2nd and the 8th of nine, the 6th and the 15th of twenty.
  expect(medianInterval(countTo(9))).toMatchObject({ low: 2, high: 8, coverage: 1 - 20 / 512 });
  expect(medianInterval(countTo(20))).toMatchObject({ low: 6, high: 15 });
});

test('two builds are compared round by round by absolute figures, and nothing is said that the relay does too [speed.interval]', () => {
  const of = (values: number[], control: number[]): Row => ({ ...row, compared: { unit: 'ms', values, control } });
  const [before, same] = [of([2, 4, 2, 4, 2, 4], [1, 1, 1, 1, 1, 1]), [0.9, 1.1, 1, 1, 1, 1.2]];
  const line = (now: Row) => lastLine(comparison('that', [before], [now]));
  expect(line(of([1, 2, 1, 2, 1, 3], same))).toEqual([
    ...['CPU', '3 ms', '1.50 ms', '0.50×', '0.50–0.75', '0.90–1.20', 'better'],
  ]);
  expect(line(of([3, 6, 3, 6, 3, 6], same)).at(-1)).toBe('worse');
  expect(line(of([3, 6, 3], [1, 1, 2])).slice(-3)).toEqual([
    ...['1.50–1.50 (75 %)', '1–2 (75 %)', 'too few rounds to tell'],
  ]);
  expect(line(of([2, 4, 2, 5, 1, 4], same)).at(-1)).toBe('no difference seen');
  expect(line(of([3, 6, 3, 6, 3, 6], [2, 2, 2, 2, 2, 2])).at(-1)).toBe('unclear: so did the relay');
});

test('what stands between the markers is replaced, and nothing else', () => {
  const file = join(temporaryDirectory(), 'README.md');
  writeFileSync(file, 'a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n');
  writeBetweenMarkers(file, 'x', 'new');
  expect(readFileSync(file, 'utf8')).toBe('a\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nb\n');
  expect(() => writeBetweenMarkers(file, 'y', 'new')).toThrow('<!-- y: begin -->');
});

const countTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const lastLine = (text: string) =>
  text
    .split('\n')
    .at(-1)
    ?.split('|')
    .slice(1, -1)
    .map((cell) => cell.trim()) ?? [];
