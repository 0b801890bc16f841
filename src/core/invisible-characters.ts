/**
 * What a terminal acts on and shows nothing of: colours, links and other commands, also as they are written within JSON
 * and source text.
 */
const COMMAND = [
  String.raw`(?:\x1b|\\u001b|\\x1b|\\033|\\e)(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n\u2028]*(?:\x07|\x1b\\))`,
  String.raw`\x9b[0-?]*[ -/]*[@-~]`,
  String.raw`\x1b[ -/]*[0-~]`,
].join('|');

/** Control characters of ASCII but for white space. */
const CONTROLS = String.raw`\0-\x08\x0e-\x1f\x7f`;

/** These, those beyond ASCII, soft hyphens, joiners, marks of direction, selectors of shapes, and tags. */
const INVISIBLE = String.raw`[${CONTROLS}\x80-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0000}-\u{e01ef}]`;

const HIDDEN = new RegExp(`${COMMAND}|${INVISIBLE}`, 'giu');

/** Cheap to look for: without one of these there is nothing that is not seen. */
const SUSPECT = new RegExp(`[${CONTROLS}\u0080-\uffff]|\\\\[uxe0]`, 'i');

/** A text as people and models read it: without what shows nothing. In linear time. */
export function visibleText(text: string): string {
  return SUSPECT.test(text) ? text.replace(HIDDEN, '') : text;
}

/**
 * A text blanked as it came, and as it is read: a colour within a secret does not hide it. Where only reading shows one,
 * what shows nothing is left out of the whole text.
 */
export function blankedAsRead(text: string, blank: (text: string) => string): string {
  const blanked = blank(text);
  const read = visibleText(blanked);
  if (read === blanked) return blanked;
  const shown = blank(read);
  return shown === read ? blanked : shown;
}

/**
 * What shows nothing, or steers what shows it: controls but line feed and tab, format characters, fillers, selectors, and
 * letters and signs whose picture is blank.
 */
const UNSHOWN =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]/gu;

/** A text with everything invisible in it as `\u{…}`, so that it can be shown to people and models alike. */
export function escaped(text: string): string {
  return text.replace(UNSHOWN, escapeOf);
}

/** A character by its number. */
export function escapeOf(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** A text of others on one line: U+FFFD stands for each character that could steer a terminal. */
export function displayText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}
