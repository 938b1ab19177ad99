import { GEMM } from '../operations.js';
import type { Tape, Variable } from '../tape.js';

/** Rows of a matrix, from `first`. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/** Weights [outputs][inputs] and, where there is one, a bias [1][outputs]. */
export interface LinearWeights {
  readonly weight: Variable;
  readonly bias?: Variable;
}

/** y = x W^T + b. */
export function linear(tape: Tape, x: Variable, weights: LinearWeights): Variable {
  const { weight, bias } = weights;
  const trained = weight.needsGradient || (bias?.needsGradient ?? false);
  const y = tape.variable(x.rows, weight.rows, x.needsGradient || trained);
  const rows = { first: 0, count: x.rows };
  project(tape, x, weights, y, rows, false);
  if (y.needsGradient) tape.record(() => projectBackward(tape, x, weights, y, rows));
  return y;
}

/** x + h W^T + b: a projection that joins the residual stream. */
export function linearResidual(tape: Tape, x: Variable, h: Variable, weights: LinearWeights): Variable {
  const { weight, bias } = weights;
  const trained = weight.needsGradient || (bias?.needsGradient ?? false);
  const y = tape.copy(x, x.needsGradient || h.needsGradient || trained);
  const rows = { first: 0, count: x.rows };
  project(tape, h, weights, y, rows, true);
  if (y.needsGradient)
    tape.record(() => {
      if (y.gradient === 0) return;
      projectBackward(tape, h, weights, y, rows);
      passOn(tape, x, y);
    });
  return y;
}

/** Some rows of y (+)= the same rows of x W^T + b. */
export function project(
  { kernel }: Tape,
  x: Variable,
  { weight, bias }: LinearWeights,
  y: Variable,
  { first, count }: RowRange,
  accumulate: boolean,
): void {
  const { rows: outputs, columns: inputs } = weight;
  const target = y.address + first * outputs * 4;
  const flags = GEMM.transposeB + (accumulate ? GEMM.accumulate : 0);
  const source = x.address + first * inputs * 4;
  kernel.execute(
    'gemm',
    ...[source, inputs, weight.address, inputs, target, outputs],
    ...[count, outputs, inputs, flags],
  );
  if (bias) kernel.execute('addBias', target, bias.address, count, outputs);
}

/** Gradients of `project`, added to those of x, W and b; nothing where y has none. */
export function projectBackward(
  tape: Tape,
  x: Variable,
  { weight, bias }: LinearWeights,
  y: Variable,
  { first, count }: RowRange,
): void {
  if (y.gradient === 0) return;
  const { kernel } = tape;
  const { rows: outputs, columns: inputs } = weight;
  const dy = y.gradient + first * outputs * 4;
  if (x.needsGradient) {
    const dx = tape.gradientOf(x) + first * inputs * 4;
    kernel.execute(
      'gemm',
      ...[dy, outputs, weight.address, inputs, dx, inputs],
      ...[count, inputs, outputs, GEMM.accumulate],
    );
  }
  if (weight.needsGradient) {
    const source = x.address + first * inputs * 4;
    kernel.execute(
      'gemm',
      ...[dy, outputs, source, inputs, tape.gradientOf(weight), inputs],
      ...[outputs, inputs, count, GEMM.transposeA + GEMM.accumulate],
    );
  }
  if (bias?.needsGradient) kernel.execute('biasGradient', dy, tape.gradientOf(bias), count, outputs);
}

/** Adds the gradient of y to that of x, of the same shape. */
export function passOn(tape: Tape, x: Variable, y: Variable): void {
  if (!x.needsGradient) return;
  tape.kernel.execute('add', tape.gradientOf(x), y.gradient, x.rows * x.columns, { float: 1 });
}
