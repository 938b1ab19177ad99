import { norm } from '../checks/similarity.js';

/** Square of the Euclidean distance; in float64, from the first coordinate to the last. */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i] - b[i];
    sum += difference * difference;
  }
  return sum;
}

/** The same direction, no longer than `longest`; a copy. */
export function clipped(values: Float32Array, longest: number): Float32Array {
  const length = norm(values);
  const factor = length > longest ? longest / length : 1;
  return values.map((value) => value * factor);
}
