const MAX_CHARS = 200;
/** Above every character code, so that each pair has a number of its own, and spreads the pairs over the table. */
const PAIR_BASE = 0x1001f;
const TABLE_SIZE = 4096;

/**
 * A function that says how much a name resembles `wanted`, from 0 (no common letter pair) to 1 (the same but for case):
 * Dice's coefficient of letter pairs, of which only the first 200 characters count.
 */
export function similarityTo(wanted: string): (name: string) => number {
  const wantedPairs = pairs(wanted);
  const known = new Set(wantedPairs);
  // Most pairs of a name are not wanted, which a table says faster than a set: ten thousand names are compared in one answer.
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

// The leading space makes first letters count.
function pairs(text: string): number[] {
  const padded = ` ${text.slice(0, MAX_CHARS).toLowerCase()}`;
  return Array.from({ length: padded.length - 1 }, (_, at) => pairAt(padded, at + 1));
}

function pairAt(text: string, at: number): number {
  return text.charCodeAt(at - 1) * PAIR_BASE + text.charCodeAt(at);
}
