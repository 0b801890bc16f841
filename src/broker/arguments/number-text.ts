const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Longest text that is read as a number, in characters. */
const MAX_CHARS = 1_000;

/** True if a text is a number of JSON that no double holds: 9007199254740993, 0.1000000000000000055, 1e400. */
export function isBeyondDoubles(text: string): boolean {
  const decimal = decimalOf(text.trim());
  return decimal !== undefined && decimal !== decimalOf(String(Number(text)));
}

/** True if two texts stand for the same number of JSON, written in any way. */
export function isSameNumber(one: string, other: string): boolean {
  const decimal = decimalOf(one.trim());
  return decimal !== undefined && decimal === decimalOf(other.trim());
}

/** Returns the number that a text stands for, if a double holds it; 1.10 is 1.1, and 5.0 is 5. */
export function numberIn(text: string): number | undefined {
  return decimalOf(text) !== undefined && !isBeyondDoubles(text) ? Number(text) : undefined;
}

/**
 * Returns sign, digits and exponent of a number of JSON, the same for every way of writing it; undefined for other
 * texts.
 */
function decimalOf(text: string): string | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
