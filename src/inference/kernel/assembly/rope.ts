// Rotary position embedding (Su et al. 2021) in the arrangement of the Hugging Face models: element i turns with element
// i + headDim / 2, by position * theta^(-2 i / headDim).

import { exp64, log64, sin64 } from './math';

const TWO_PI: f64 = 6.28318530717958647693;

/** Writes f64 [headDim / 2 + 1]: theta^(-2 i / headDim), then the factor 1. */
export function fillFrequencies(target: usize, headDim: i32, theta: f32): void {
  const logTheta = log64(<f64>theta);
  const half = headDim >> 1;
  for (let i = 0; i < half; i++) {
    store<f64>(target + ((<usize>i) << 3), exp64((-(<f64>(2 * i)) / <f64>headDim) * logTheta));
  }
  store<f64>(target + ((<usize>half) << 3), 1);
}

/** The dimension whose frequency turns `rotations` times within the original positions. */
function correctionDimension(headDim: i32, logTheta: f64, originalPositions: f64, rotations: f64): f64 {
  return (<f64>headDim * log64(originalPositions / (rotations * TWO_PI))) / (2 * logTheta);
}

/**
 * Frequencies stretched by YaRN (Peng et al. 2023): kept below dimension `low`, divided by `factor` above `high`, mixed
 * between them. The factor on cosines and sines is `attentionFactor`, or 0.1 ln(factor) + 1 where that is 0.
 */
export function fillYarnFrequencies(
  target: usize, headDim: i32, theta: f32, factor: f64, originalPositions: f64,
  betaFast: f64, betaSlow: f64, truncate: bool, attentionFactor: f64,
): void {
  fillFrequencies(target, headDim, theta);
  const half = headDim >> 1;
  const logTheta = log64(<f64>theta);
  let low = correctionDimension(headDim, logTheta, originalPositions, betaFast);
  let high = correctionDimension(headDim, logTheta, originalPositions, betaSlow);
  if (truncate) {
    low = floor(low);
    high = ceil(high);
  }
  low = max(low, 0);
  high = min(high, <f64>(headDim - 1));
  if (low == high) high += 0.001; // no division by zero
  for (let i = 0; i < half; i++) {
    const address = target + ((<usize>i) << 3);
    const kept = load<f64>(address);
    const ramp = min(max((<f64>i - low) / (high - low), 0), 1);
    store<f64>(address, (kept / factor) * ramp + kept * (1 - ramp));
  }
  const scale = attentionFactor > 0 ? attentionFactor : 0.1 * log64(factor) + 1;
  store<f64>(target + ((<usize>half) << 3), scale);
}

/** Cosines, then sines, of all angles at one position: f32 [headDim]. Computed in float64 and rounded once. */
export function fillRope(frequencies: usize, headDim: i32, position: i32, target: usize): void {
  const half = headDim >> 1;
  const factor = load<f64>(frequencies + ((<usize>half) << 3));
  for (let i = 0; i < half; i++) {
    const angle = <f64>position * load<f64>(frequencies + ((<usize>i) << 3));
    store<f32>(target + ((<usize>i) << 2), <f32>(sin64(angle, 1) * factor));
    store<f32>(target + ((<usize>(half + i)) << 2), <f32>(sin64(angle, 0) * factor));
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
