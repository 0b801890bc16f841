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
/** Below it a last column would be a ribbon: let the terminal break the lines. */
const LEAST_WIDTH = 20;

/** Rows as lines whose columns stand under each other, `width` columns wide where that is known. */
export function align(rows: readonly (readonly Cell[])[], width = Number.POSITIVE_INFINITY): string[] {
  // Of any number of rows: a spread would end at some hundred thousand.
  const most = (of: (row: readonly Cell[]) => number) => rows.reduce((top, row) => Math.max(top, of(row)), 0);
  const count = most((row) => row.length);
  const widths = Array.from({ length: count }, (_, at) => most((row) => displayWidth(textOf(row[at] ?? ''))));
  const indent = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP, 0);
  const room = Math.max(LEAST_WIDTH, width - indent);
  return rows.flatMap((row) => {
    const ahead = row.slice(0, count - 1).map((cell, at) => padded(cell, widths[at] ?? 0) + ' '.repeat(GAP));
    const end = row[count - 1] ?? '';
    const [first = '', ...more] = linesOf(end, room);
    const ends = [painted(end, first), ...more.map((line) => ' '.repeat(indent) + painted(end, line))];
    return [`${ahead.join('')}${ends[0]}`.trimEnd(), ...ends.slice(1)];
  });
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
