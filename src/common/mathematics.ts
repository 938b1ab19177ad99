// Exponential and logarithm from additions, multiplications and divisions of float64 alone, which every engine computes alike.

const LN2_HIGH = 0.6931471803691238; // ln 2 with its last 21 bits zero
const LN2_LOW = 1.9082149292705877e-10;
const LOG2_E = 1.4426950408889634;
const SQRT2 = 1.4142135623730951;
const ROUND = 6755399441055744; // 1.5 * 2^52: adding and subtracting it rounds to a whole number

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** 2^n for -1022 <= n <= 1023, from its bits (the word order is little-endian on every machine WebAssembly runs on). */
function powerOfTwo(n: number): number {
  words[0] = 0;
  words[1] = (n + 1023) << 20;
  return float[0];
}

/** 1/13!, 1/12!, … 1/0!; every factorial up to 13! is exact, so each is the nearest number to its value. */
const INVERSE_FACTORIALS = Float64Array.from({ length: 14 }, (_, i) => {
  let factorial = 1;
  for (let k = 2; k <= 13 - i; k++) factorial *= k;
  return 1 / factorial;
});

/**
 * e^x for x <= 0 (0 below -700): Taylor to degree 13 after reduction to |r| <= ln 2 / 2. Within 1e-15 relative. A draw takes
 * one of these per token of the vocabulary, so there is no division in it.
 */
export function exp(x: number): number {
  if (x < -700) return 0;
  const n = x * LOG2_E + ROUND - ROUND;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let p = INVERSE_FACTORIALS[0];
  for (let i = 1; i < 14; i++) p = p * r + INVERSE_FACTORIALS[i];
  return p * powerOfTwo(n);
}

/** ln x for normal x > 0, by the series of artanh. Within 1e-15 absolute of values near 1. */
export function ln(x: number): number {
  float[0] = x;
  let n = (words[1] >>> 20) - 1023;
  words[1] = (words[1] & 0xfffff) | 0x3ff00000;
  let m = float[0];
  if (m > SQRT2) {
    m /= 2;
    n++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 0;
  for (let i = 23; i > 0; i -= 2) p = p * z + 1 / i;
  return 2 * s * p + n * LN2_LOW + n * LN2_HIGH;
}

/** cos(pi x) for 0 <= x <= 1, by Taylor's series to degree 20 after folding to x <= 1/2. Within 1e-15. */
export function cosine(x: number): number {
  if (x > 0.5) return -cosine(1 - x);
  const angle = Math.PI * x;
  const square = angle * angle;
  let p = 1;
  for (let k = 20; k > 0; k -= 2) p = 1 - (p * square) / (k * (k - 1));
  return p;
}
