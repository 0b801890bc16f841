/** One run of lines that differs: from which line of the base, how many of them, and what stands there instead. */
interface Change {
  readonly at: number;
  readonly length: number;
  readonly lines: readonly string[];
}

/**
 * A text with two changes of it, line by line; undefined where both change the same lines. So what a person wrote
 * elsewhere, comments included, stays as it is.
 */
export function mergeTexts(base: string, one: string, other: string): string | undefined {
  const lines = linesOf(base);
  const changes = [one, other].flatMap((text) => changesTo(lines, linesOf(text)));
  const merged: string[] = [];
  let end = 0;
  let last = -1;
  for (const { at, length, lines: instead } of changes.sort((a, b) => a.at - b.at)) {
    if (at < end || at === last) return undefined;
    merged.push(...lines.slice(end, at), ...instead);
    end = at + length;
    last = at;
  }
  return [...merged, ...lines.slice(end)].join('');
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/** Lines that both have once hold the two texts together; what lies between them is looked at in the same way. */
function changesTo(base: readonly string[], changed: readonly string[], at = 0): Change[] {
  const least = Math.min(base.length, changed.length);
  let head = 0;
  while (head < least && base[head] === changed[head]) head++;
  let tail = 0;
  while (tail < least - head && base.at(-1 - tail) === changed.at(-1 - tail)) tail++;
  const from = base.slice(head, base.length - tail);
  const to = changed.slice(head, changed.length - tail);
  if (from.length === 0 && to.length === 0) return [];
  const anchors = commonLines(from, to);
  if (anchors.length === 0) return [{ at: at + head, length: from.length, lines: to }];
  const ends = [...anchors, { base: from.length, changed: to.length }];
  return ends.flatMap((next, index) => {
    const before = anchors[index - 1] ?? { base: -1, changed: -1 };
    const part = from.slice(before.base + 1, next.base);
    return changesTo(part, to.slice(before.changed + 1, next.changed), at + head + before.base + 1);
  });
}

/** Places of lines that stand once in each, in an order that both have. */
function commonLines(base: readonly string[], changed: readonly string[]) {
  const [there, here] = [placesOf(base), placesOf(changed)];
  const anchors: { readonly base: number; readonly changed: number }[] = [];
  for (const [line, place] of there) {
    const found = here.get(line);
    if (place === undefined || found === undefined || found <= (anchors.at(-1)?.changed ?? -1)) continue;
    anchors.push({ base: place, changed: found });
  }
  return anchors;
}

/** Where each line stands; undefined: more than once. */
function placesOf(lines: readonly string[]): Map<string, number | undefined> {
  const places = new Map<string, number | undefined>();
  for (const [index, line] of lines.entries()) places.set(line, places.has(line) ? undefined : index);
  return places;
}
