/**
 * Greatest edit distance at which a name is offered, as a share of the longer name: beyond it a guess misleads more
 * than it helps.
 */
const TOLERANCE = 0.4;
/** Longest name looked at, in characters: a longer one is no misspelling, and comparing it costs time. */
const MAX_LENGTH = 60;

/**
 * Returns the known name that a misspelt one most likely meant, ignoring case, `_` and `-`; undefined if none is near.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(name), plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(name.length, candidate.length) * TOLERANCE)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/**
 * Returns the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours each
 * count one.
 */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(substitution, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
