import { splat, sumLanes } from './math';

/** RMSNorm (Zhang and Sennrich 2019): output = x / sqrt(mean(x^2) + epsilon) * weight, all f32 [size]. */
export function rmsNorm(x: usize, weight: usize, size: i32, epsilon: f32, output: usize): void {
  let sum = f32x4.splat(0);
  const bytes = <usize>size << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const v = v128.load(x + i);
    sum = f32x4.add(sum, f32x4.mul(v, v));
  }
  const factor = splat(<f32>1 / sqrt<f32>(sumLanes(sum) / <f32>size + epsilon));
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(output + i, f32x4.mul(f32x4.mul(v128.load(x + i), factor), v128.load(weight + i)));
  }
}

/** Dot product of two float vectors; `size` is a multiple of 8. */
// @ts-ignore: decorator
@inline
export function dotFloat(a: usize, b: usize, size: i32): f32 {
  let even = f32x4.splat(0), odd = even;
  for (const end = a + (<usize>size << 2); a < end; a += 32, b += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  return sumLanes(f32x4.add(even, odd));
}

/** Adds neighbouring lanes of two vectors: [a0 + a1, a2 + a3, b0 + b1, b2 + b3]. */
// @ts-ignore: decorator
@inline
function addPairs(a: v128, b: v128): v128 {
  return f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
}

/**
 * Dot products of `a` with four vectors that follow each other from `b`: the same sums in the same order as `dotFloat`. Not through
 * memory like integer sums (spill.ts): heads are short, and the wait for the stores costs more than joining saves (340 ns against 170
 * for 40 keys of 32 columns).
 */
// @ts-ignore: decorator
@inline
export function dotFloat4(a: usize, b: usize, bytes: usize): v128 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  const c = b + bytes;
  const d = c + bytes;
  const e = d + bytes;
  for (let i: usize = 0; i < bytes; i += 32) {
    const x = v128.load(a + i);
    const y = v128.load(a + i, 16);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b + i)));
    t0 = f32x4.add(t0, f32x4.mul(y, v128.load(b + i, 16)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(c + i)));
    t1 = f32x4.add(t1, f32x4.mul(y, v128.load(c + i, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(d + i)));
    t2 = f32x4.add(t2, f32x4.mul(y, v128.load(d + i, 16)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(e + i)));
    t3 = f32x4.add(t3, f32x4.mul(y, v128.load(e + i, 16)));
  }
  const low = addPairs(f32x4.add(s0, t0), f32x4.add(s1, t1));
  const high = addPairs(f32x4.add(s2, t2), f32x4.add(s3, t3));
  return addPairs(low, high);
}

/** x += y, f32, bytes `first` to `end` (multiples of 16). */
// @ts-ignore: decorator
@inline
export function addTo(x: usize, y: usize, first: usize, end: usize): void {
  for (let i = first; i < end; i += 16) v128.store(x + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
}
