import { expect, test } from 'vitest';
import { FEATURES, RANKING } from '../../../src/search/ranking-parameters.ts';
import type { LabelledData, LabelledTool } from '../../bench/data.ts';
import { type Example, examplesOf, scored } from '../../bench/examples.ts';
import { leftOut } from '../../bench/fit.ts';
import { fitted } from '../../bench/fitter.ts';
import labelledQueries from '../../bench/labelled/queries.json' with { type: 'json' };
import labelledTools from '../../bench/labelled/tools.json' with { type: 'json' };
import { mean } from '../../bench/measure.ts';
import { missesOf } from '../../bench/misses.ts';
import { behind, spreadOf } from '../../bench/spread.ts';

const WIDTH = FEATURES.length;
const STRENGTH = 0.2;

const data: LabelledData = {
  name: 'own',
  tools: labelledTools as unknown as readonly LabelledTool[], // schemas differ from tool to tool
  queries: labelledQueries.map(({ query, tool }, at) => {
    return { id: `own-${at}`, set: at % 2 === 0 ? 'even' : 'odd', query, groups: [[tool]] };
  }),
};
const examples = examplesOf(data);
const inUse = Float64Array.from(FEATURES, (feature) => RANKING.features[feature]);

/** The examples with a feature that the right tool alone has. */
function planted(feature: (typeof FEATURES)[number]): Example[] {
  const place = FEATURES.indexOf(feature);
  return examples.map((one) => {
    const features = one.features.map((value, at) => {
      return at % WIDTH === place ? (one.groups[Math.floor(at / WIDTH)] === 0 ? 1 : 0) : value;
    });
    return { ...one, features };
  });
}

test('examples have the tools that the search finds, with features that tell them apart [bench.fits]', () => {
  expect(examples).toHaveLength(labelledQueries.length);
  expect(examples.filter(({ groups }) => groups.includes(0)).length).toBeGreaterThan(0.95 * examples.length);
  for (const { ids, features, groups } of examples) {
    expect(ids.length).toBeGreaterThan(0);
    expect(features).toHaveLength(ids.length * WIDTH);
    expect(groups).toHaveLength(ids.length);
  }
});

test('a fit finds the feature that right tools have, and what it found holds for a source that was left out [bench.fits]', () => {
  const place = FEATURES.indexOf('inParameters');
  const before = fitted(examples, { strength: STRENGTH });
  const after = fitted(planted('inParameters'), { strength: STRENGTH });
  expect(after[place]).toBeGreaterThan((before[place] ?? 0) + 1);
  expect(fitted(examples, { strength: STRENGTH, without: ['inParameters'] })[place]).toBe(0);
  // Of few queries little is learnt where weights are drawn to their prior as strongly as for thousands.
  const worst = (of: readonly Example[]) => spreadOf(leftOut(of, { strength: STRENGTH / 20 }), 0)[0]?.min ?? 0;
  expect(worst(planted('inParameters'))).toBeGreaterThan(worst(examples));
});

test('fitted weights have their signs, and are no worse than none [bench.fits]', () => {
  const weights = fitted(examples, { strength: STRENGTH });
  const weightOf = (feature: (typeof FEATURES)[number]) => weights[FEATURES.indexOf(feature)] ?? Number.NaN;
  expect(weightOf('otherAction')).toBeLessThanOrEqual(0);
  expect(weightOf('covered')).toBeGreaterThanOrEqual(0);
  const first = (of: Float64Array) => mean(examples.map((one) => scored(one, of)))[0] ?? 0;
  expect(first(weights)).toBeGreaterThan(first(new Float64Array(WIDTH)));
});

test('a report names the worst source, who is ahead where, and each miss [bench.fits]', () => {
  const row = (figure: number) => [figure, figure, figure, figure, figure, figure];
  const ours = new Map([
    ['a', [row(1), row(0.5)]],
    ['b', [row(0.5)]],
    ['c-multi', [row(0)]],
  ]);
  const [first] = spreadOf(ours, 0);
  expect(first).toMatchObject({ mean: 0.625, worst: 'b', min: 0.5, max: 0.75 });
  const other = new Map([
    ['a', [row(1), row(1)]],
    ['b', [row(0)]],
    ['c-multi', [row(0)]],
  ]);
  expect(behind(ours, new Map([['other', other]]))).toEqual([
    'a: R@1 75.0 < 100.0 of other, R@5 75.0 < 100.0 of other, MRR 75.0 < 100.0 of other',
  ]);
  const misses = missesOf(examples, inUse, 1);
  expect(misses.at(-1)).toMatch(/^\d+ of \d+ queries$/);
  expect(misses.join('\n')).toMatch(/gold − wrong [+-][\d.]+: \w+ [+-][\d.]+/);
});
