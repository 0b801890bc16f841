import { digits, isReached, type Row } from './row.ts';
import { median } from './statistics.ts';

const HEAD = ['', 'measured', 'spread', 'goal', 'reached', 'original', 'medians'];

/** Rows as a Markdown table with aligned columns. */
export const table = (rows: readonly Row[]): string => aligned([HEAD, ...rows.map(cells)]);

/** Lines of cells, the head first, as a Markdown table with aligned columns. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  const [head, ...body] = padded.map((line) => `| ${line.join(' | ')} |`);
  return [head, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body].join('\n');
}

function cells(row: Row): string[] {
  const { label, values, goal, original, beside = '' } = row;
  const unit = unitOf(row);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = Number.isFinite(least) && values.length > 1 ? `${digits(least)}–${digits(most)}` : '';
  const bound = goal ? ('atMost' in goal ? `≤ ${goal.atMost}${unit}` : `≥ ${goal.atLeast}${unit}`) : '';
  const verdict = { true: 'yes', false: 'no', undefined: '' }[`${isReached(row)}`];
  const before = original === undefined ? '' : `${original}${unit}`;
  return [label, `${digits(median(values))}${unit}`, spread, bound, verdict, before, beside];
}

const unitOf = ({ unit }: Row) => (unit === '×' || unit === '' || unit === '/s' ? unit : ` ${unit}`);
