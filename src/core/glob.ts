/**
 * True if a pattern fits the whole of a text: `*` stands for any characters or none, `?` for exactly one, every other
 * character for itself. The time is bounded by the product of the lengths: no pattern can make it hang.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = i;
    } else if (pattern[at] === '?') {
      at++;
      i += widthAt(text, i);
    } else if (pattern[at] === text[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      // Lets the last star take one character more.
      at = star + 1;
      resume += widthAt(text, resume);
      i = resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** Returns the code units of the character at a place: 2 for a surrogate pair. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** True if one of the patterns fits, or if `patterns` is undefined. */
export function fitsAny(patterns: string | readonly string[] | undefined, text: string): boolean {
  if (patterns === undefined) return true;
  if (typeof patterns === 'string') return matchesGlob(patterns, text);
  return patterns.some((pattern) => matchesGlob(pattern, text));
}

/** Returns a regular expression that matches just this text; also valid with the flag `u`. */
export function escapeRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
