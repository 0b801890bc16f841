import { digits, type Row, reached, withUnit } from './row.ts';
import { median } from './statistics.ts';

const HEAD = ['', 'measured', 'spread', 'earlier', 'goal', 'moonshot', 'reached', 'medians'];

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
  const { label, values, unit, goal, moonshot, earlier, beside = '' } = row;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = Number.isFinite(least) && values.length > 1 ? `${digits(least)}–${digits(most)}` : '';
  const sign = goal && 'atMost' in goal ? '≤' : '≥';
  const bound = (value: number | undefined) => (value === undefined ? '' : `${sign} ${withUnit(`${value}`, unit)}`);
  const wanted = goal && ('atMost' in goal ? goal.atMost : goal.atLeast);
  const before = earlier === undefined ? '' : withUnit(`${earlier}`, unit);
  const measured = withUnit(median(values), unit);
  return [label, measured, spread, before, bound(wanted), bound(moonshot), reached(row) ?? '', beside];
}
