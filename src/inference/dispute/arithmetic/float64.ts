// Exponential, logarithm and sine in float64, operation by operation as in the kernel; none of JavaScript's own, whose last bits
// may differ between engines. `common/mathematics` looks alike but follows the sampler: whichever of the two is changed with what it
// follows, the other must stay.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LOG2_E = 1.4426950408889634;
const SQRT2 = 1.4142135623730951;
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_MIDDLE = 6.0771005063039659766e-11;
const HALF_PI_LOW = 2.0222662487959506e-21;
const TWO_OVER_PI = 0.6366197723675814;
const ROUND = 6755399441055744;

const view = new DataView(new ArrayBuffer(8));

/** e^x for |x| < 700. */
export function exp64(x: number): number {
  const n = x * LOG2_E + ROUND - ROUND;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let p = 1;
  for (let i = 13; i > 0; i--) p = 1 + (p * r) / i;
  return p * powerOfTwo(n);
}

/** ln x for normal x > 0. */
export function log64(x: number): number {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  let n = (high >>> 20) - 1023;
  view.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = view.getFloat64(0);
  if (m > SQRT2) {
    m *= 0.5;
    n++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p = 0;
  for (let i = 23; i > 0; i -= 2) p = p * z + 1 / i;
  return 2 * s * p + n * LN2_LOW + n * LN2_HIGH;
}

/** sin(x + quarter * pi / 2) for 0 <= x < 2^20; quarter 0 gives the sine, 1 the cosine. */
export function sin64(x: number, quarter: 0 | 1): number {
  const n = x * TWO_OVER_PI + ROUND - ROUND;
  const r = x - n * HALF_PI_HIGH - n * HALF_PI_MIDDLE - n * HALF_PI_LOW;
  const z = r * r;
  const quadrant = (n % 4) + quarter;
  let p = 1;
  if (quadrant & 1) {
    for (let i = 18; i > 0; i -= 2) p = 1 - (p * z) / (i * (i - 1));
  } else {
    for (let i = 17; i > 1; i -= 2) p = 1 - (p * z) / (i * (i - 1));
    p *= r;
  }
  return quadrant & 2 ? -p : p;
}

function powerOfTwo(n: number): number {
  view.setUint32(0, (n + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}
