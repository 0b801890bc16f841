/** The sign of each component of a vector, as one bit. */
export function signsOf(vector: Float32Array): Int32Array {
  const signs = new Int32Array(Math.ceil(vector.length / 32));
  for (const [index, component] of vector.entries()) {
    if (component > 0) signs[index >> 5] = (signs[index >> 5] ?? 0) | (1 << (index & 31));
  }
  return signs;
}

/** The `most` items whose signs differ least from those of a query, and those that tie with the last; in their order. */
export function alike<T extends { readonly signs: Int32Array }>(
  items: readonly T[],
  query: Int32Array,
  most: number,
): T[] {
  if (items.length <= most) return [...items];
  const distances = Int32Array.from(items.map(({ signs }) => distance(signs, query)));
  const limit = distances.slice().sort()[most - 1] ?? 0;
  return items.filter((_, index) => (distances[index] ?? 0) <= limit);
}

/** Hamming distance of equally long signs: how many bits differ. The casts are sound within bounds, and the loop is hot. */
function distance(a: Int32Array, b: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ones((a[i] as number) ^ (b[i] as number));
  return sum;
}

/** Bits that are set, counted in pairs, fours and bytes at once. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
