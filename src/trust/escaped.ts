/** What shows nothing, or steers what shows it: controls but line feed and tab, format characters, fillers, selectors. */
const UNSHOWN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

/** A text with everything invisible in it as `\u{…}`, so that it can be shown to people and models alike. */
export function escaped(text: string): string {
  return text.replace(UNSHOWN, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}
