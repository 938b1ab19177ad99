// IEEE 754 binary32 in plain JavaScript: a float64 sum, product, quotient or square root of float32 values, rounded once more by
// Math.fround, is the float32 result (Figueroa 1995: float64 has more than twice the digits). Same order as the kernel.

const { fround } = Math;
const LN2_HIGH = fround(0.693359375);
const LN2_LOW = fround(-0.00021219444005469057);
const LOG2_E = fround(1.4426950408889634);
/** Taylor coefficients of e^r, from the seventh power down to the second. */
const COEFFICIENTS = [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5].map(fround);
/** Adding and taking away 1.5 * 2^52 rounds a float64 to a whole number, ties to even. */
const ROUND = 6755399441055744;

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The nearest whole number, ties to even, for magnitudes below 2^51. */
export function nearest(x: number): number {
  return x + ROUND - ROUND;
}

/** e^x, x within ±87 (what lies outside counts as the limit), as `exp4` of the kernel computes it in one lane. */
export function exp32(value: number): number {
  const x = Math.max(Math.min(value, 87), -87);
  const n = nearest(fround(x * LOG2_E));
  let r = fround(x - fround(n * LN2_HIGH));
  r = fround(r - fround(n * LN2_LOW));
  let p = COEFFICIENTS[0];
  for (let i = 1; i < COEFFICIENTS.length; i++) p = fround(fround(p * r) + COEFFICIENTS[i]);
  p = fround(fround(p * fround(r * r)) + r);
  p = fround(p + 1);
  bits[0] = (n + 127) << 23;
  return fround(p * float[0]);
}

/** Sum of four lanes: (0 + 1) + (2 + 3). */
export function sumLanes(lanes: ArrayLike<number>): number {
  return fround(fround(lanes[0] + lanes[1]) + fround(lanes[2] + lanes[3]));
}

/** Dot product of `size` values (a multiple of 8): eight lanes, the lower and the upper four joined at the end. */
export function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, size: number): number {
  const lanes = new Float32Array(8);
  for (let i = 0; i < size; i++) lanes[i & 7] = fround(lanes[i & 7] + fround(a[aStart + i] * b[bStart + i]));
  const joined = [0, 1, 2, 3].map((lane) => fround(lanes[lane] + lanes[lane + 4]));
  return sumLanes(joined);
}
