/** One run of characters that differs: from where in the text, and how many it was. */
interface Change {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/**
 * A text with two changes of it, each taken as one run of characters; undefined where they overlap. So what a person wrote
 * elsewhere, comments included, stays as it is.
 */
export function mergeTexts(base: string, one: string, other: string): string | undefined {
  const [first, second] = [changeTo(base, one), changeTo(base, other)].sort((a, b) => a.at - b.at) as [Change, Change];
  if (first.at + first.length > second.at) return undefined;
  const end = second.at + second.length;
  return (
    base.slice(0, first.at) +
    first.text +
    base.slice(first.at + first.length, second.at) +
    second.text +
    base.slice(end)
  );
}

function changeTo(base: string, changed: string): Change {
  const least = Math.min(base.length, changed.length);
  let at = 0;
  while (at < least && base[at] === changed[at]) at++;
  let tail = 0;
  while (tail < least - at && base.at(-1 - tail) === changed.at(-1 - tail)) tail++;
  return { at, length: base.length - at - tail, text: changed.slice(at, changed.length - tail) };
}
