import { stripVTControlCharacters } from 'node:util';
import { writeJson } from '../../core/exact-json.ts';
import { displayText } from '../../core/invisible-characters.ts';

/** Matches characters two columns wide: East Asian scripts, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Matches characters without width: marks on the character before, joiners. */
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/**
 * Returns the number of columns that a text takes in a terminal, without its colour codes; an estimate, because only
 * the terminal knows.
 */
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

/** Cuts a text to at most this many columns; an ellipsis replaces the rest. */
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
 * Breaks a text between words into lines of at most this many columns; only a longer word exceeds them. Takes time
 * linear in the length of the text.
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

/**
 * Matches the start of a line that `wrapLine` indents continuation lines by: spaces, and a mark, possibly in colour.
 */
const AHEAD = /^\s*(?:(?:\p{Cc}\[[\d;]*m)?[✓!✗→•-](?:\p{Cc}\[[\d;]*m)? )?/u;
/** Least width, in columns, of wrapped text. */
const LEAST_ROOM = 24;

/**
 * Indentation, in columns, of the continuation of a line without indentation: it sets the continuation apart from the
 * next line.
 */
const HANGING = 2;

/**
 * Wraps each line of a text to this many columns: a continuation is indented to the start of the text or of its last
 * column.
 */
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

/**
 * Returns the part of a line before its wrapped text: up to the last gap of two spaces with room for text behind it,
 * else the line's spaces and mark.
 */
function textAhead(line: string, columns: number): string {
  const gaps = [...line.matchAll(/\S {2,}(?=\S)/gu)].map(({ index, 0: gap }) => line.slice(0, index + gap.length));
  const cell = gaps.findLast((ahead) => displayWidth(ahead) <= columns - LEAST_ROOM);
  if (cell !== undefined) return cell;
  const [start = ''] = AHEAD.exec(line) ?? [];
  return displayWidth(start) <= columns - LEAST_ROOM ? start : '';
}

/** A cell of a table: a text, coloured after its width has been measured. */
export type Cell =
  | string
  | {
      readonly text: string;
      readonly color?: (text: string) => string;
      readonly right?: boolean;
      /** True to continue a text of the last column on further lines if there is no room, instead of cutting it. */
      readonly wraps?: boolean;
    };

const GAP = 2;
/** Least width of the last table column, in terminal columns; with less room its text goes below the row, indented. */
const LEAST_WIDTH = 24;
const INDENT = 4;

/** Formats rows as lines with aligned columns, at most `width` terminal columns wide. */
export function align(rows: readonly (readonly Cell[])[], width = Number.POSITIVE_INFINITY): string[] {
  // A spread (`Math.max(...)`) would fail on some hundred thousand rows.
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

/** Joins cells to one line if there is room, else to several. */
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

/** Replaces control characters like `displayText`, but keeps line feeds, tabs and the joiners of some scripts. */
export function displayLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu, '�');
}

/** Formats a value as indented JSON in which escapes replace control characters that could steer a terminal. */
export function jsonText(value: unknown): string {
  const escaped = (text: string) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  return `${writeJson(value, 2).replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, escaped)}\n`;
}

/** Returns a path for display, with `~` for the home directory. */
export function displayPath(path: string, home: string): string {
  return displayText(path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}
