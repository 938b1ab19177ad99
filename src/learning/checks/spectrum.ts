import { Random } from '../../datasets/generators/index.js';
import { norm } from './similarity.js';

/** A matrix, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

const ITERATIONS = 12;

/**
 * The largest singular value, by power iteration on the Gram matrix (G. Golub, C. Van Loan, Matrix Computations, §8.2), from a fixed
 * start. A lower bound within a few percent, which is enough to see weights that have grown out of shape.
 */
export function spectralNorm({ rows, columns, values }: Matrix): number {
  const random = new Random('spectral-norm');
  let right = unit(Float32Array.from({ length: columns }, () => random.int(-1_000, 1_000)));
  let found = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    const left = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let column = 0; column < columns; column++) sum += values[row * columns + column] * right[column];
      left[row] = sum;
    }
    found = norm(left);
    if (found === 0) return 0;
    const back = new Float32Array(columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        back[column] += values[row * columns + column] * left[row];
    right = unit(back);
  }
  return found;
}

function unit(vector: Float32Array): Float32Array {
  const length = norm(vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}
