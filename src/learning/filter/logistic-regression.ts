import { exp } from '../../common/mathematics.js';

/** A logistic model over standardised features. */
export interface LogisticModel {
  readonly bias: number;
  /** One per feature, per standard deviation. */
  readonly weights: readonly number[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** What is known of something, and what became of it. */
export interface LabelledFeatures {
  readonly features: readonly number[];
  readonly positive: boolean;
  /** How many of its kind it stands for; more than 1 where only some of them were looked at. */
  readonly weight: number;
  /** Whether another check has told what became of it by one of the features alone: it says nothing of how well these are judged. */
  readonly isPlain?: boolean;
}

/** Penalty on squared weights: with few examples it keeps them small. */
const RIDGE = 1;
const MOST_ITERATIONS = 50;
const SETTLED = 1e-9;

/**
 * Fits a logistic regression with a ridge penalty by Newton's method (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical
 * Learning, §4.4.1). A feature that never varies gets no weight.
 * @param examples at least one, all with as many features
 */
export function fitLogistic(examples: readonly LabelledFeatures[]): LogisticModel {
  const size = examples[0].features.length;
  const total = examples.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (pick: (features: readonly number[]) => number) =>
    examples.reduce((sum, { features, weight }) => sum + weight * pick(features), 0) / total;
  const means = Array.from({ length: size }, (_, i) => mean((features) => features[i]));
  const deviations = means.map((middle, i) => Math.sqrt(mean((features) => (features[i] - middle) ** 2)));
  const rows = examples.map(({ features }) => [1, ...standardised(features, means, deviations)]);
  let weights = new Array<number>(size + 1).fill(0);
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const step = newtonStep(rows, examples, weights);
    weights = weights.map((weight, i) => weight + step[i]);
    if (step.every((change) => Math.abs(change) < SETTLED)) break;
  }
  const [bias, ...others] = weights;
  return { bias, weights: others, means, deviations };
}

/** The probability that something with these features is positive. */
export function probabilityOf(model: LogisticModel, features: readonly number[]): number {
  const values = standardised(features, model.means, model.deviations);
  return logistic(values.reduce((sum, value, i) => sum + value * model.weights[i], model.bias));
}

function newtonStep(
  rows: readonly (readonly number[])[],
  examples: readonly LabelledFeatures[],
  weights: readonly number[],
): number[] {
  const size = weights.length;
  const gradient = weights.map((weight, i) => (i === 0 ? 0 : -RIDGE * weight));
  const hessian = weights.map((_, i) =>
    weights.map((_unused, j) => (i === j ? (i === 0 ? 1e-9 : RIDGE) : 0)),
  );
  rows.forEach((row, n) => {
    const p = logistic(row.reduce((sum, value, i) => sum + value * weights[i], 0));
    const { positive, weight } = examples[n];
    const error = weight * ((positive ? 1 : 0) - p);
    for (let i = 0; i < size; i++) {
      gradient[i] += error * row[i];
      for (let j = 0; j < size; j++) hessian[i][j] += weight * p * (1 - p) * row[i] * row[j];
    }
  });
  return solve(hessian, gradient);
}

/** Gaussian elimination with pivots; the penalty keeps the matrix away from singular ones. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let row = column + 1; row < size; row++) {
      const factor = rows[row][column] / rows[column][column];
      for (let i = column; i <= size; i++) rows[row][i] -= factor * rows[column][i];
    }
  }
  const found = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    const known = found.reduce((sum, value, i) => (i > row ? sum + rows[row][i] * value : sum), 0);
    found[row] = (rows[row][size] - known) / rows[row][row];
  }
  return found;
}

function standardised(
  features: readonly number[],
  means: readonly number[],
  deviations: readonly number[],
): number[] {
  return features.map((feature, i) => (deviations[i] > 1e-12 ? (feature - means[i]) / deviations[i] : 0));
}

function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const odds = exp(x);
  return odds / (1 + odds);
}
