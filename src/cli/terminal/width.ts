import { stripVTControlCharacters } from 'node:util';

/** What takes two columns: the scripts of East Asia, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** What takes none: marks on the character before, joiners. */
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

/** A text in lines of at most that many columns, cut between words where there are any; in time linear in its length. */
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

/** What stands in front of a text that goes on below it: spaces, and a mark, perhaps in colour. */
const AHEAD = /^\s*(?:(?:\p{Cc}\[[\d;]*m)?[✓!✗→•-](?:\p{Cc}\[[\d;]*m)? )?/u;
/** Narrower than this a text beside others would be a ribbon. */
const LEAST_ROOM = 24;

/** How far a line that begins at the margin goes on below, in columns: it is to be told from the next one. */
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
