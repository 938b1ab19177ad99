// Rotary position embedding (Su et al. 2021) in the arrangement of the Hugging Face models: element i turns with element
// i + headDim / 2, by position * theta^(-2 i / headDim).

import { exp64, log64, sin64 } from './math';

/** Writes f64 [headDim / 2]: theta^(-2 i / headDim). */
export function fillFrequencies(target: usize, headDim: i32, theta: f32): void {
  const logTheta = log64(<f64>theta);
  for (let i = 0; i < headDim >> 1; i++) {
    store<f64>(target + ((<usize>i) << 3), exp64((-(<f64>(2 * i)) / <f64>headDim) * logTheta));
  }
}

/** Cosines, then sines, of all angles at one position: f32 [headDim]. Computed in float64 and rounded once. */
export function fillRope(frequencies: usize, headDim: i32, position: i32, target: usize): void {
  const half = headDim >> 1;
  for (let i = 0; i < half; i++) {
    const angle = <f64>position * load<f64>(frequencies + ((<usize>i) << 3));
    store<f32>(target + ((<usize>i) << 2), <f32>sin64(angle, 1));
    store<f32>(target + ((<usize>(half + i)) << 2), <f32>sin64(angle, 0));
  }
}

/** Turns one head, f32 [headDim], from `source` to `target` (which may be the same). */
export function rotate(source: usize, rope: usize, headDim: i32, target: usize): void {
  const half = (<usize>headDim) << 1;
  for (let i: usize = 0; i < half; i += 16) {
    const cosine = v128.load(rope + i);
    const sine = v128.load(rope + half + i);
    const a = v128.load(source + i);
    const b = v128.load(source + half + i);
    v128.store(target + i, f32x4.sub(f32x4.mul(a, cosine), f32x4.mul(b, sine)));
    v128.store(target + half + i, f32x4.add(f32x4.mul(b, cosine), f32x4.mul(a, sine)));
  }
}
