import { Random } from '../../datasets/generators/index.js';
import type { Matrix } from '../checks/spectrum.js';

/** Two thin matrices whose product `left * right^T` stands for a large one; each column after column. */
export interface Factors {
  /** [rank][rows]. */
  readonly left: readonly Float32Array[];
  /** [rank][columns]. */
  readonly right: readonly Float32Array[];
}

const ITERATIONS = 3;

/**
 * The best factors of a rank, nearly: subspace iteration from a fixed start with Gram-Schmidt (T. Vogels et al., PowerSGD, arXiv 1905.13727,
 * algorithm 1, run more than once). Sums in float64 in one order: the same matrix gives the same bits everywhere.
 */
export function factorize(matrix: Matrix, rank: number): Factors {
  const random = new Random('low-rank');
  let right: Float64Array[] = Array.from({ length: rank }, () =>
    Float64Array.from({ length: matrix.columns }, () => random.int(-1_000, 1_000)),
  );
  let left: Float64Array[] = [];
  for (let i = 0; i < ITERATIONS; i++) {
    left = orthonormal(right.map((column) => timesColumn(matrix, column)));
    right = left.map((column) => timesRow(matrix, column));
  }
  return {
    left: left.map((column) => Float32Array.from(column)),
    right: right.map((column) => Float32Array.from(column)),
  };
}

/** The product of factors, row-major. */
export function product({ left, right }: Factors, rows: number, columns: number): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < left.length; k++) sum += left[k][row] * right[k][column];
      values[row * columns + column] = sum;
    }
  return values;
}

function timesColumn({ rows, columns, values }: Matrix, vector: Float64Array): Float64Array {
  const found = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += values[row * columns + column] * vector[column];
    found[row] = sum;
  }
  return found;
}

function timesRow({ rows, columns, values }: Matrix, vector: Float64Array): Float64Array {
  const found = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      found[column] += values[row * columns + column] * vector[row];
  return found;
}

/** Vectors of length 1 at right angles that span the same; one that adds nothing becomes zeros. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = Float64Array.from(vector);
    const before = Math.sqrt(dot(rest, rest));
    for (const other of done) {
      const share = dot(rest, other);
      for (let i = 0; i < rest.length; i++) rest[i] -= share * other[i];
    }
    const length = Math.sqrt(dot(rest, rest));
    done.push(length > 1e-9 * before ? rest.map((value) => value / length) : rest.fill(0));
  }
  return done;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
