import { float } from '../operations.js';
import type { Tape, Variable } from '../tape.js';

/**
 * RMSNorm of every `weight.columns` values of x: of rows as a whole, or of every head by itself where the weight is as wide as a
 * head.
 */
export function rmsNorm(tape: Tape, x: Variable, weight: Variable, epsilon: number): Variable {
  const { kernel } = tape;
  const { columns } = weight;
  const rows = (x.rows * x.columns) / columns;
  const y = tape.variable(x.rows, x.columns, x.needsGradient || weight.needsGradient);
  kernel.execute('norm', x.address, weight.address, y.address, rows, columns, float(epsilon));
  if (!y.needsGradient) return y;
  tape.record(() => {
    if (y.gradient === 0) return;
    if (x.needsGradient) {
      const words = [x.address, weight.address, y.gradient, tape.gradientOf(x), rows, columns];
      kernel.execute('normBackward', ...words, float(epsilon));
    }
    if (weight.needsGradient) {
      const factors = kernel.allocate(rows * 4);
      const words = [x.address, y.gradient, tape.gradientOf(weight), rows, columns];
      kernel.execute('normWeightGradient', ...words, float(epsilon), factors);
    }
  });
  return y;
}
