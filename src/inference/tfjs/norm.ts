import type { Tensor, Tensor1D, Tf } from './tensor-library.js';

/** RMSNorm over the last axis (Zhang and Sennrich 2019): x / sqrt(mean(x²) + epsilon) × weight. */
export function rmsNorm<T extends Tensor>(tf: Tf, x: T, weight: Tensor1D, epsilon: number): T {
  const mean = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(mean, epsilon))), weight);
}
