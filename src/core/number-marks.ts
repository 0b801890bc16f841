/**
 * Numbers of JSON texts as strings that say so, for the way through the `JSON.parse` and `JSON.stringify` of the SDK. The mark
 * is another one in each process, so that no text holds it by chance.
 */
const MARK = `${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`;
const MARKED = new RegExp(`"${MARK}([-+.\\deE]+)"`, 'g');

/** How a number is written, as a marked string. */
export function markOf(number: string): string {
  return MARK + number;
}

/** A JSON text with each marked string as the number that it stands for. */
export function unmarked(json: string): string {
  return json.includes(MARK) ? json.replaceAll(MARKED, '$1') : json;
}
