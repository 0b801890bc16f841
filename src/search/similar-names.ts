const MAX_CHARS = 200;
/**
 * Greater than every character code, so that each pair has its own number; chosen to spread the pairs over the table.
 */
const PAIR_BASE = 0x1001f;
const TABLE_SIZE = 4096;

/**
 * Returns a function that says how much a name resembles `wanted`, from 0 (no common letter pair) to 1 (the same in any
 * case): Dice's coefficient of letter pairs, of which only the first 200 characters count.
 */
export function similarityTo(wanted: string): (name: string) => number {
  const wantedPairs = pairs(wanted);
  const known = new Set(wantedPairs);
  // Most pairs of a name are not wanted, and this table says so faster than a set: one answer compares ten thousand
  // names.
  const perhaps = new Uint8Array(TABLE_SIZE);
  for (const pair of wantedPairs) perhaps[pair % TABLE_SIZE] = 1;
  return (name) => {
    const own = ` ${name.slice(0, MAX_CHARS).toLowerCase()}`;
    let common = 0;
    for (let at = 1; at < own.length; at++) {
      const pair = pairAt(own, at);
      if (perhaps[pair % TABLE_SIZE] === 1 && known.has(pair)) common++;
    }
    return (2 * Math.min(common, wantedPairs.length)) / (own.length - 1 + wantedPairs.length);
  };
}

// A leading space makes the first letter part of two pairs.
function pairs(text: string): number[] {
  const padded = ` ${text.slice(0, MAX_CHARS).toLowerCase()}`;
  return Array.from({ length: padded.length - 1 }, (_, at) => pairAt(padded, at + 1));
}

function pairAt(text: string, at: number): number {
  return text.charCodeAt(at - 1) * PAIR_BASE + text.charCodeAt(at);
}
