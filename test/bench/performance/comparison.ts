import { type Compared, digits, type Row, withUnit } from './row.ts';
import { type Interval, median, medianInterval } from './statistics.ts';
import { aligned } from './table.ts';

/** Rows of an earlier build beside those of this one, as a Markdown table: medians, their ratio, and the same of the relay. */
export function comparison(name: string, earlier: readonly Row[], rows: readonly Row[]): string {
  const head = ['', name, 'this', 'this / that', 'interval', 'relay / relay', ''];
  const lines = rows.flatMap((row, at) => (earlier[at] ? [cells(earlier[at], row)] : []));
  return aligned([head, ...lines]);
}

function cells(before: Row, now: Row): string[] {
  const [that, these] = [comparedIn(before), comparedIn(now)];
  const figure = ({ values, unit }: Compared) => withUnit(median(values), unit);
  const change = ratiosOf(that.values, these.values);
  const noise = ratiosOf(that.control ?? [], these.control ?? []);
  const [interval, control] = [medianInterval(change), medianInterval(noise)];
  const ratio = Number.isNaN(median(change)) ? '–' : `${digits(median(change))}×`;
  return [
    now.label,
    figure(that),
    figure(these),
    ratio,
    told(interval),
    told(control),
    verdict(now, interval, control),
  ];
}

const comparedIn = ({ compared, unit, values }: Row): Compared => compared ?? { unit, values };

/** Round by round: both were measured within a short time. */
const ratiosOf = (before: readonly number[], now: readonly number[]) =>
  now.map((value, at) => value / (before[at] ?? NaN)).filter(Number.isFinite);

function told(interval: Interval | undefined): string {
  if (!interval) return '';
  const { low, high, coverage } = interval;
  return `${digits(low)}–${digits(high)}${coverage < 0.95 ? ` (${Math.floor(100 * coverage)} %)` : ''}`;
}

function verdict(row: Row, interval: Interval | undefined, control: Interval | undefined): string {
  const side = sideOf(interval);
  if (!interval || side === undefined) return '';
  if (interval.coverage < 0.95) return 'too few rounds to tell';
  if (side === 0) return 'no difference seen';
  if (sideOf(control) === side) return 'unclear: so did the relay';
  const isMoreBetter = comparedIn(row).unit === '/s' && row.goal !== undefined && 'atLeast' in row.goal;
  return side > 0 === isMoreBetter ? 'better' : 'worse';
}

/** On which side of 1 an interval lies; 0 when it holds 1. */
function sideOf(interval: Interval | undefined): -1 | 0 | 1 | undefined {
  if (!interval) return undefined;
  return interval.low > 1 ? 1 : interval.high < 1 ? -1 : 0;
}
