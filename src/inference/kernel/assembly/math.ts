// Arithmetic that must give the same bits everywhere: only + - * / sqrt and comparisons, in a fixed order. WebAssembly
// leaves no freedom in these (IEEE 754, round to nearest even); it has no fused multiply-add outside relaxed SIMD.

const LN2_HIGH_F32: f32 = 0.693359375; // 355 / 512: n * LN2_HIGH is exact for the n that occur
const LN2_LOW_F32: f32 = -2.12194440054690583e-4; // ln 2 - 355 / 512
const LOG2_E_F32: f32 = 1.44269504088896341;

/** Four copies of one float. */
// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** Sum of four lanes, always (0 + 1) + (2 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  return (f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1)) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
}

/** Greatest of four lanes. */
// @ts-ignore: decorator
@inline
export function maxLanes(a: v128): f32 {
  return max(
    max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
}

/**
 * Adding 1.5 * 2^23 rounds a float to a whole number n, ties to even, for |n| < 2^22; the sum's bits less those of this number
 * are n as an integer. A rounding and a conversion with their checks would be ten instructions in its place.
 */
export const ROUNDER: f32 = 12582912;
export const ROUNDER_BITS: i32 = 0x4b400000;

/**
 * e^x on four lanes, x clamped to ±87. Range reduction to |r| <= ln 2 / 2, then the Taylor polynomial of degree 7 (its
 * remainder is below 6e-9 there), then the exponent is added as bits. Within 2 ulp; what is no number stays none.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(87)), splat(-87));
  const rounded = f32x4.add(f32x4.mul(x, splat(LOG2_E_F32)), splat(ROUNDER));
  const n = f32x4.sub(rounded, splat(ROUNDER));
  let r = f32x4.sub(x, f32x4.mul(n, splat(LN2_HIGH_F32)));
  r = f32x4.sub(r, f32x4.mul(n, splat(LN2_LOW_F32)));
  let p = f32x4.add(f32x4.mul(splat(<f32>(1.0 / 5040)), r), splat(<f32>(1.0 / 720)));
  p = f32x4.add(f32x4.mul(p, r), splat(<f32>(1.0 / 120)));
  p = f32x4.add(f32x4.mul(p, r), splat(<f32>(1.0 / 24)));
  p = f32x4.add(f32x4.mul(p, r), splat(<f32>(1.0 / 6)));
  p = f32x4.add(f32x4.mul(p, r), splat(0.5));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, splat(1));
  // the bits of the rounder end where the shift begins
  return f32x4.mul(p, i32x4.shl(i32x4.add(rounded, i32x4.splat(127)), 23));
}

const LN2_HIGH: f64 = 0.693147180369123816490; // ln 2 with its 21 last bits zero
const LN2_LOW: f64 = 1.90821492927058770002e-10;
const LOG2_E: f64 = 1.44269504088896340736;
const SQRT2: f64 = 1.41421356237309504880;

/** e^x in float64 for |x| < 700: Taylor to degree 13 on |r| <= ln 2 / 2. */
export function exp64(x: f64): f64 {
  const n = nearest(x * LOG2_E);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let p: f64 = 1;
  for (let i = 13; i > 0; i--) p = 1 + (p * r) / <f64>i;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}

/** ln x in float64 for normal x > 0: x = m 2^n, ln m = 2 artanh((m - 1) / (m + 1)) as a series. */
export function log64(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  let n = (bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > SQRT2) {
    m *= 0.5;
    n++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 0;
  for (let i = 23; i > 0; i -= 2) p = p * z + 1 / <f64>i;
  return 2 * s * p + <f64>n * LN2_LOW + <f64>n * LN2_HIGH;
}

const HALF_PI_HIGH: f64 = 1.57079632673412561417; // pi / 2 in three parts (Cody and Waite)
const HALF_PI_MIDDLE: f64 = 6.07710050630396597660e-11;
const HALF_PI_LOW: f64 = 2.02226624879595063154e-21;
const TWO_OVER_PI: f64 = 0.636619772367581343076;

/** sin(x + quarter * pi / 2) in float64 for 0 <= x < 2^20; quarter 0 gives the sine, 1 the cosine. */
export function sin64(x: f64, quarter: i32): f64 {
  const n = nearest(x * TWO_OVER_PI);
  const r = x - n * HALF_PI_HIGH - n * HALF_PI_MIDDLE - n * HALF_PI_LOW;
  const z = r * r;
  const quadrant = <i32>(<i64>n & 3) + quarter;
  let p: f64 = 1;
  if (quadrant & 1) {
    for (let i = 18; i > 0; i -= 2) p = 1 - (p * z) / <f64>(i * (i - 1));
  } else {
    for (let i = 17; i > 1; i -= 2) p = 1 - (p * z) / <f64>(i * (i - 1));
    p *= r;
  }
  return quadrant & 2 ? -p : p;
}
