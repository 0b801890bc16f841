import { stripVTControlCharacters } from 'node:util';
import { clipColumns, displayWidth, wrap } from './width.ts';

/** A cell of a table: a text, painted when it has been measured. */
export type Cell =
  | string
  | {
      readonly text: string;
      readonly paint?: (text: string) => string;
      readonly right?: boolean;
      /** In the last column: continued on lines below where there is no room, instead of cut. */
      readonly wraps?: boolean;
    };

const GAP = 2;
/** A narrower last column would be a ribbon: what it says goes below its row, indented. */
const LEAST_WIDTH = 24;
const INDENT = 4;

/** Rows as lines whose columns stand under each other, `width` columns wide where that is known. */
export function align(rows: readonly (readonly Cell[])[], width = Number.POSITIVE_INFINITY): string[] {
  // Of any number of rows: a spread would end at some hundred thousand.
  const most = (of: (row: readonly Cell[]) => number) => rows.reduce((top, row) => Math.max(top, of(row)), 0);
  const count = most((row) => row.length);
  const widths = Array.from({ length: count }, (_, at) => most((row) => displayWidth(textOf(row[at] ?? ''))));
  const indent = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP, 0);
  const endWidth = widths[count - 1] ?? 0;
  const isNarrow = width - indent < Math.min(LEAST_WIDTH, endWidth);
  return rows.flatMap((row) => {
    const cells = row.slice(0, count - 1).map((cell, at) => padded(cell, widths[at] ?? 0));
    const end = row[count - 1] ?? '';
    if (isNarrow) return [...stacked(cells, width), ...below(end, width - INDENT)];
    const [first = '', ...more] = linesOf(end, width - indent);
    const ends = [painted(end, first), ...more.map((line) => ' '.repeat(indent) + painted(end, line))];
    return [[...cells, ends[0]].join(' '.repeat(GAP)).trimEnd(), ...ends.slice(1)];
  });
}

/** Cells on one line as far as there is room for them, else on several. */
function stacked(cells: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const cell of cells) {
    const before = lines.at(-1);
    const joined = before === undefined ? cell : before + ' '.repeat(GAP) + cell;
    if (before === undefined || displayWidth(joined) <= width) lines.splice(-1, 1, joined);
    else lines.push(' '.repeat(INDENT) + cell);
  }
  return lines.filter((line) => stripVTControlCharacters(line).trim() !== '').map((line) => line.trimEnd());
}

function below(end: Cell, room: number): string[] {
  return textOf(end) === '' ? [] : linesOf(end, room).map((line) => ' '.repeat(INDENT) + painted(end, line));
}

function linesOf(cell: Cell, room: number): string[] {
  const wraps = typeof cell !== 'string' && cell.wraps === true;
  return wraps ? wrap(cell.text, room) : [clipColumns(textOf(cell), room)];
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function painted(cell: Cell, text: string): string {
  return typeof cell === 'string' ? text : (cell.paint?.(text) ?? text);
}

function padded(cell: Cell, width: number): string {
  const space = ' '.repeat(width - displayWidth(textOf(cell)));
  const text = painted(cell, textOf(cell));
  return typeof cell !== 'string' && cell.right ? space + text : text + space;
}
