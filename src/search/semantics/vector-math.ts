/** The vector with these components scaled to length 1. Undefined for a vector without direction, such as zeros. */
export function unitVector(components: readonly number[] | Float32Array): Float32Array | undefined {
  const vector = Float32Array.from(components);
  const length = Math.sqrt(dot(vector, vector));
  return Number.isFinite(length) && length > 0 ? vector.map((component) => component / length) : undefined;
}

/** Largest deviation from length 1. Float32 rounding stays within it; a larger one means a damaged vector. */
const TOLERANCE = 1e-3;

export function isUnitVector(vector: Float32Array): boolean {
  return Math.abs(dot(vector, vector) - 1) < TOLERANCE;
}

/** Dot product. Of two unit vectors it is their cosine similarity, -1 to 1. */
export function dot(a: Float32Array, b: Float32Array): number {
  // Four sums at a time: the processor does not wait for one before the next, which is several times faster.
  let [w, x, y, z] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    w += at(a, i) * at(b, i);
    x += at(a, i + 1) * at(b, i + 1);
    y += at(a, i + 2) * at(b, i + 2);
    z += at(a, i + 3) * at(b, i + 3);
  }
  for (let i = whole; i < a.length; i++) w += at(a, i) * at(b, i);
  return w + x + y + z;
}

/** A component. The index is within bounds by construction, which the type cannot express. */
function at(vector: Float32Array, index: number): number {
  return vector[index] as number;
}

/** The sign of each component of a vector, one bit each. */
export function signsOf(vector: Float32Array): Int32Array {
  const signs = new Int32Array(Math.ceil(vector.length / 32));
  for (const [index, component] of vector.entries()) {
    if (component > 0) signs[index >> 5] = (signs[index >> 5] ?? 0) | (1 << (index & 31));
  }
  return signs;
}

/**
 * The `most` items whose signs differ least from those of the query, and all that tie with the last of them, in their
 * order.
 */
export function mostSimilarSigns<T extends { readonly signs: Int32Array }>(
  items: readonly T[],
  query: Int32Array,
  most: number,
): T[] {
  if (items.length <= most) return [...items];
  const distances = Int32Array.from(items.map(({ signs }) => distance(signs, query)));
  const limit = distances.slice().sort()[most - 1] ?? 0;
  return items.filter((_, index) => (distances[index] ?? 0) <= limit);
}

/**
 * Hamming distance of signs of equal length: the number of different bits. The casts are sound within bounds, and the
 * loop is hot.
 */
function distance(a: Int32Array, b: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ones((a[i] as number) ^ (b[i] as number));
  return sum;
}

/** Number of set bits, counted in pairs, fours and bytes at once. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
