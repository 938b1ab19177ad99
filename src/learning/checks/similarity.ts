/** Cosine of the angle between two vectors of the same length, or between their differences from a third; 0 where one has no length. */
export function cosine(a: Float32Array, b: Float32Array, from?: Float32Array): number {
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const origin = from === undefined ? 0 : from[i];
    const [x, y] = [a[i] - origin, b[i] - origin];
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA > 0 && lengthB > 0 ? product / Math.sqrt(lengthA * lengthB) : 0;
}

/** Euclidean length. */
export function norm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
