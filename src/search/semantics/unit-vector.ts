/** Components that make a vector of length 1; undefined for what has no direction, such as zeros. */
export function unitVector(components: readonly number[] | Float32Array): Float32Array | undefined {
  const vector = Float32Array.from(components);
  const length = Math.sqrt(dot(vector, vector));
  return Number.isFinite(length) && length > 0 ? vector.map((component) => component / length) : undefined;
}

/** Float32 rounding leaves a stored unit vector within this of length 1; anything else was damaged. */
const TOLERANCE = 1e-3;

export function isUnitVector(vector: Float32Array): boolean {
  return Math.abs(dot(vector, vector) - 1) < TOLERANCE;
}

/** Of two unit vectors: their cosine similarity, -1 to 1. */
export function dot(a: Float32Array, b: Float32Array): number {
  // Four sums at a time: the processor need not wait for one before the next, which is several times faster.
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

/** Within bounds by construction, which the type cannot say. */
function at(vector: Float32Array, index: number): number {
  return vector[index] as number;
}
