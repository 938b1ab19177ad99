import { sumLanes } from '../arithmetic/float32.js';

const { fround } = Math;

/** RMSNorm of `size` values from `start` on (Zhang and Sennrich 2019): x / sqrt(mean(x^2) + epsilon) * weight. */
export function rmsNorm(
  x: Float32Array,
  weight: Float32Array,
  epsilon: number,
  start = 0,
  size = x.length,
): Float32Array {
  const lanes = new Float32Array(4);
  for (let i = 0; i < size; i++) lanes[i & 3] = fround(lanes[i & 3] + fround(x[start + i] * x[start + i]));
  const mean = fround(sumLanes(lanes) / size);
  const factor = fround(1 / fround(Math.sqrt(fround(mean + fround(epsilon)))));
  const out = new Float32Array(size);
  for (let i = 0; i < size; i++) out[i] = fround(fround(x[start + i] * factor) * weight[i]);
  return out;
}
