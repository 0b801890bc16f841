import { stripVTControlCharacters } from 'node:util';
import { writeJson } from '../../core/exact-json.ts';
import { displayText } from '../../core/invisible-characters.ts';

/** Characters of two columns: the scripts of East Asia, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Characters of no column: marks on the character before, joiners. */
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that a text takes in a terminal, colours left out, as far as can be told without asking it. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += widthOf(character);
  return width;
}

function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** At most that many columns of a text; `…` where something was left out. */
export function clipColumns(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * A text in lines of at most that many columns, cut between words where there are any; in time linear in its length.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  let width = 0;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const wordWidth = displayWidth(word);
    if (line.length > 0 && width + 1 + wordWidth > columns) {
      lines.push(line.join(' '));
      line = [];
      width = 0;
    }
    width += (line.length > 0 ? 1 : 0) + wordWidth;
    line.push(word);
  }
  return [...lines, line.join(' ')];
}

/** The start of a line below which its further lines do not go: spaces, and a mark, perhaps in colour. */
const AHEAD = /^\s*(?:(?:\p{Cc}\[[\d;]*m)?[✓!✗→•-](?:\p{Cc}\[[\d;]*m)? )?/u;
/** Narrower than this a text beside others would be a ribbon. */
const LEAST_ROOM = 24;

/**
 * Indent of the continuation of a line that begins at the margin, in columns: it sets the continuation apart from the
 * next line.
 */
const HANGING = 2;

/** Each line of a text within that many columns: it goes on below where it began, or where its last column did. */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined || columns < LEAST_ROOM) return text;
  return text
    .split('\n')
    .flatMap((line) => (displayWidth(line) > columns ? wrapLine(line, columns) : line))
    .join('\n');
}

function wrapLine(line: string, columns: number): string[] {
  const ahead = textAhead(line, columns);
  const indent = displayWidth(ahead) || HANGING;
  const [first = '', ...more] = wrap(line.slice(ahead.length), columns - indent);
  return [`${ahead}${first}`, ...more.map((each) => `${' '.repeat(indent)}${each}`)];
}

/** Up to the last gap of two spaces that leaves room beside it, else what the line begins with. */
function textAhead(line: string, columns: number): string {
  const gaps = [...line.matchAll(/\S {2,}(?=\S)/gu)].map(({ index, 0: gap }) => line.slice(0, index + gap.length));
  const cell = gaps.findLast((ahead) => displayWidth(ahead) <= columns - LEAST_ROOM);
  if (cell !== undefined) return cell;
  const [start = ''] = AHEAD.exec(line) ?? [];
  return displayWidth(start) <= columns - LEAST_ROOM ? start : '';
}

/** A cell of a table: a text, painted when it has been measured. */
export type Cell =
  | string
  | {
      readonly text: string;
      readonly color?: (text: string) => string;
      readonly right?: boolean;
      /** In the last column: continued on lines below where there is no room, instead of cut. */
      readonly wraps?: boolean;
    };

const GAP = 2;
/**
 * Least width of the last column, in columns of the terminal; the text of a narrower one goes below its row, indented.
 */
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
    const ends = [colored(end, first), ...more.map((line) => ' '.repeat(indent) + colored(end, line))];
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
  return textOf(end) === '' ? [] : linesOf(end, room).map((line) => ' '.repeat(INDENT) + colored(end, line));
}

function linesOf(cell: Cell, room: number): string[] {
  const wraps = typeof cell !== 'string' && cell.wraps === true;
  return wraps ? wrap(cell.text, room) : [clipColumns(textOf(cell), room)];
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function colored(cell: Cell, text: string): string {
  return typeof cell === 'string' ? text : (cell.color?.(text) ?? text);
}

function padded(cell: Cell, width: number): string {
  const space = ' '.repeat(width - displayWidth(textOf(cell)));
  const text = colored(cell, textOf(cell));
  return typeof cell !== 'string' && cell.right ? space + text : text + space;
}

/** As `displayText`, for a text of several lines: lines and tabs stay, and so do the joiners of some scripts. */
export function displayLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu, '�');
}

/** A value as indented JSON; what could steer a terminal is escaped, which means the same. */
export function jsonText(value: unknown): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return `${writeJson(value, 2).replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, escaped)}\n`;
}

/** A path as people write it. */
export function displayPath(path: string, home: string): string {
  return displayText(path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}
