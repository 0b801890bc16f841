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
