/**
 * Matches commands to a terminal (colours, links and others), which it carries out and does not show, also as they are
 * written within JSON and source text.
 */
const COMMAND = [
  String.raw`(?:\x1b|\\u001b|\\x1b|\\033|\\e)(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n\u2028]*(?:\x07|\x1b\\))`,
  String.raw`\x9b[0-?]*[ -/]*[@-~]`,
  String.raw`\x1b[ -/]*[0-~]`,
].join('|');

/** Control characters of ASCII without white space. */
const CONTROLS = String.raw`\0-\x08\x0e-\x1f\x7f`;

/** Those, control characters beyond ASCII, soft hyphens, joiners, marks of direction, variation selectors, and tags. */
const INVISIBLE = String.raw`[${CONTROLS}\x80-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0000}-\u{e01ef}]`;

const HIDDEN = new RegExp(`${COMMAND}|${INVISIBLE}`, 'giu');

/** Matches every text that may hold a terminal command or an invisible character: a quick test before `HIDDEN`. */
const SUSPECT = new RegExp(`[${CONTROLS}\u0080-\uffff]|\\\\[uxe0]`, 'i');

/** Returns a text as people and models read it, without terminal commands and invisible characters. In linear time. */
export function visibleText(text: string): string {
  return SUSPECT.test(text) ? text.replace(HIDDEN, '') : text;
}

/**
 * Applies `blank`, which blanks secrets, to a text as it came, and again without its invisible characters, since a
 * colour within a secret would hide it. If only the second pass finds a secret, the result has no invisible characters.
 */
export function blankedAsRead(text: string, blank: (text: string) => string): string {
  const blanked = blank(text);
  const read = visibleText(blanked);
  if (read === blanked) return blanked;
  const shown = blank(read);
  return shown === read ? blanked : shown;
}

/**
 * Matches characters that are not shown, or steer what is shown: controls except line feed and tab, format characters,
 * fillers, selectors, and letters and signs whose picture is blank.
 */
const UNSHOWN =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]/gu;

/** Returns a text with each invisible character as `\u{…}`, so that both people and models see it. */
export function escaped(text: string): string {
  return text.replace(UNSHOWN, escapeOf);
}

/** Returns the hexadecimal code of a character as `\u{…}`. */
export function escapeOf(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** Returns a text of unknown origin on one line: U+FFFD replaces each character that could steer a terminal. */
export function displayText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}
