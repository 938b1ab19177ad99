import { ropeAt } from '../dispute/referee/rotation.js';
import type { ModelConfig } from '../kernel/index.js';
import type { Tensor3D, Tf } from './tensor-library.js';

/** Cosines and sines of the rows of a batch, [rows, 1, headDim / 2] each: one table for all heads. */
export interface Rotation {
  readonly cosines: Tensor3D;
  readonly sines: Tensor3D;
}

/** Angles are computed in float64, YaRN's stretching included, as everywhere else. */
export function rotationOf(tf: Tf, config: ModelConfig, positions: readonly number[]): Rotation {
  const half = config.headDim / 2;
  const cosines = new Float32Array(positions.length * half);
  const sines = new Float32Array(positions.length * half);
  positions.forEach((position, row) => {
    const table = ropeAt(config, position);
    cosines.set(table.subarray(0, half), row * half);
    sines.set(table.subarray(half), row * half);
  });
  const shape: [number, number, number] = [positions.length, 1, half];
  return { cosines: tf.tensor3d(cosines, shape), sines: tf.tensor3d(sines, shape) };
}

/** Turns heads [rows, heads, headDim]: element i with element i + headDim / 2 (Su et al. 2021). */
export function rotate(tf: Tf, x: Tensor3D, { cosines, sines }: Rotation): Tensor3D {
  const [first, second] = tf.split(x, 2, 2);
  const low = tf.sub(tf.mul(first, cosines), tf.mul(second, sines));
  const high = tf.add(tf.mul(second, cosines), tf.mul(first, sines));
  return tf.concat([low, high], 2) as Tensor3D;
}
