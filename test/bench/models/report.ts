import { aligned } from '../performance/table.ts';
import { ARMS, type ArmName } from './arms/arm.ts';
import { groupBy } from './lists.ts';
import { mean, pairedDifference } from './paired.ts';
import { type Estimate, estimate, type PlannedRun } from './plan.ts';
import type { Result } from './results.ts';

/** US dollars for a million tokens; undefined: unknown. */
export interface Prices {
  readonly in: number | undefined;
  readonly out: number | undefined;
}

type Figure = (result: Result) => number | undefined;

const share =
  (pick: (result: Result) => boolean | undefined): Figure =>
  (result) => {
    const value = pick(result);
    return value === undefined ? undefined : 100 * Number(value);
  };

/** What is compared, with the digits behind the point. */
const FIGURES: readonly (readonly [label: string, figure: Figure, digits: number])[] = [
  ['right %', share(({ right }) => right), 1],
  ['tool %', share(({ tool }) => tool), 1],
  ['schema %', share(({ schema }) => schema), 1],
  ['values %', share(({ values }) => values), 1],
  ['answer %', share(({ answer }) => answer), 1],
  ['turns', ({ turns }) => turns, 1],
  ['tokens in', ({ tokensIn }) => tokensIn, 0],
  ['tokens out', ({ tokensOut }) => tokensOut, 0],
  ['searches', ({ searches }) => searches, 1],
  ['describes', ({ describes }) => describes, 1],
];
const PAIRS: readonly (readonly [ArmName, ArmName])[] = [
  ['gateway', 'all'],
  ['gateway', 'original'],
  ['original', 'all'],
];
const COUNTED = 'Tokens of some runs were counted here (o200k_base): their responses told none.';
const METHOD =
  'Differences are paired: the same task in the same catalog by both arms. In brackets the 95 % percentile interval of a\n' +
  'bootstrap over tasks (10,000 draws of as many tasks with replacement, of the mean paired difference).';

/** A table for each size: the means of each arm, then the paired differences between arms. */
export function report(results: readonly Result[]): string {
  const sizes = [...groupBy(results, ({ size }) => size)].sort(([a], [b]) => a - b);
  const counted = results.some((result) => result.counted) ? [COUNTED] : [];
  return [...sizes.flatMap(([size, own]) => sizeTable(size, own)), METHOD, ...counted].join('\n');
}

function sizeTable(size: number, results: readonly Result[]): string[] {
  const byArm = groupBy(results, ({ arm }) => arm);
  const arms = ARMS.filter((arm) => byArm.has(arm));
  const answered = (arm: ArmName) => (byArm.get(arm) ?? []).filter(({ ending }) => ending !== 'refused');
  const pairs = PAIRS.filter((pair) => pair.every((arm) => arms.includes(arm)));
  const rows = FIGURES.map(([label, figure, digits]) => [
    label,
    ...arms.map((arm) => number(mean(known(answered(arm).map(figure))), digits)),
    ...pairs.map(([one, other]) => differenceCell(answered(one), answered(other), figure, digits)),
  ]);
  const runs = arms.map((arm) => {
    const all = byArm.get(arm)?.length ?? 0;
    const refused = all - answered(arm).length;
    return `${arm} ${all} runs${refused > 0 ? `, ${refused} of them refused by the endpoint and left out` : ''}`;
  });
  const head = ['', ...arms, ...pairs.map(([one, other]) => `${one} − ${other}`)];
  return [`${size.toLocaleString('en')} tools: ${runs.join('; ')}`, '', aligned([head, ...rows]), ''];
}

function differenceCell(ones: readonly Result[], others: readonly Result[], figure: Figure, digits: number): string {
  const byTask = new Map(others.map((result) => [result.task, figure(result)]));
  const differences = known(ones.map((one) => difference(figure(one), byTask.get(one.task))));
  const { mean: middle, low, high } = pairedDifference(differences);
  return Number.isNaN(middle) ? '' : `${signed(middle, digits)} (${signed(low, digits)} to ${signed(high, digits)})`;
}

/** The runs that are to be made, with the tokens and money that they are likely to take. */
export function costTable(runs: readonly PlannedRun[], prices: Prices): string {
  const groups = groupBy(runs, ({ key }) => `${key.size} ${key.arm}`);
  const row = (label: readonly string[], own: readonly PlannedRun[]) => {
    const total = added(own.map(estimate));
    return [...label, `${own.length}`, number(total.tokensIn, 0), number(total.tokensOut, 0), money(total, prices)];
  };
  const rows = [...groups].map(([label, own]) => row(label.split(' '), own));
  return aligned([['tools', 'arm', 'runs', 'tokens in', 'tokens out', 'cost'], ...rows, row(['all', ''], runs)]);
}

/** What runs took, in tokens and money. */
export function spent(results: readonly Result[], prices: Prices): string {
  const total = added(results);
  return `${number(total.tokensIn, 0)} tokens in, ${number(total.tokensOut, 0)} out; cost ${money(total, prices)}`;
}

function money({ tokensIn, tokensOut }: Estimate, prices: Prices): string {
  if (prices.in === undefined || prices.out === undefined) return 'unknown';
  return `$${((tokensIn * prices.in + tokensOut * prices.out) / 1e6).toFixed(2)}`;
}

const added = (parts: readonly Estimate[]): Estimate =>
  parts.reduce(
    (sum, { tokensIn, tokensOut }) => ({ tokensIn: sum.tokensIn + tokensIn, tokensOut: sum.tokensOut + tokensOut }),
    { tokensIn: 0, tokensOut: 0 },
  );
const known = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
const difference = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? undefined : one - other;
const number = (value: number, digits: number) =>
  Number.isNaN(value)
    ? ''
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const signed = (value: number, digits: number) => {
  const text = number(Math.abs(value), digits);
  return `${value < 0 && /[1-9]/.test(text) ? '−' : '+'}${text}`;
};
