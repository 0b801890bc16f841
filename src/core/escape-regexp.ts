/** A text as a pattern that matches just this text; also within a pattern with the flag `u`. */
export function escapeRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
