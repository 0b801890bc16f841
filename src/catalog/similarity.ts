const MAX_CHARS = 200;

/**
 * A function that says how much a name resembles `wanted`, from 0 (no common letter pair) to 1 (the same but for case):
 * Dice's coefficient of letter pairs, of which only the first 200 characters count.
 */
export function similarityTo(wanted: string): (name: string) => number {
  const wantedPairs = pairs(wanted);
  const known = new Set(wantedPairs);
  return (name) => {
    const own = pairs(name);
    const common = own.filter((pair) => known.has(pair)).length;
    return (2 * Math.min(common, wantedPairs.length)) / (own.length + wantedPairs.length);
  };
}

// Pairs as numbers: ten thousand names are compared within one answer. The leading space makes first letters count.
function pairs(text: string): number[] {
  const padded = ` ${text.slice(0, MAX_CHARS).toLowerCase()}`;
  return Array.from(
    { length: padded.length - 1 },
    (_, at) => padded.charCodeAt(at) * 0x10000 + padded.charCodeAt(at + 1),
  );
}
