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

/** x += y, f32, bytes `first` to `end` (multiples of 16). */
// @ts-ignore: decorator
@inline
export function addTo(x: usize, y: usize, first: usize, end: usize): void {
  for (let i = first; i < end; i += 16) v128.store(x + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
}
