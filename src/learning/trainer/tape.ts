import { atOnce, type Pieces } from './pieces.js';
import type { TrainingKernel } from './training-kernel.js';

/** A float32 matrix in the kernel's memory, row after row, that may have a gradient. */
export interface Variable {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  /** Whether what is recorded afterwards has to send a gradient back. */
  readonly needsGradient: boolean;
  /** Address of the gradient, of the same shape; 0 until something has been added to it. */
  gradient: number;
}

/** The leader's kernel and the recorded way back. Operations are carried out at once; `backward` runs their gradients. */
export class Tape {
  private readonly steps: (() => void)[] = [];

  constructor(readonly kernel: TrainingKernel) {}

  /** A new matrix, not zeroed. */
  variable(rows: number, columns: number, needsGradient: boolean): Variable {
    const address = this.kernel.allocate(rows * columns * 4);
    return { address, rows, columns, needsGradient, gradient: 0 };
  }

  /** A copy to add something to. */
  copy(source: Variable, needsGradient: boolean): Variable {
    const target = this.variable(source.rows, source.columns, needsGradient);
    const { kernel } = this;
    const elements = source.rows * source.columns;
    kernel.floats(target.address, elements).set(kernel.floats(source.address, elements));
    return target;
  }

  /** Address of a variable's gradient, zeroed when it is asked for first. */
  gradientOf(variable: Variable): number {
    if (variable.gradient === 0) {
      const elements = variable.rows * variable.columns;
      variable.gradient = this.kernel.allocate(elements * 4);
      this.kernel.floats(variable.gradient, elements).fill(0);
    }
    return variable.gradient;
  }

  /** Notes how gradients go back through what has just been done. */
  record(step: () => void): void {
    this.steps.push(step);
  }

  /** Runs all notes, last one first, and forgets them. */
  backward(): void {
    atOnce(this.backwardInPieces());
  }

  /** `backward`, note by note. */
  *backwardInPieces(): Pieces<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      step();
      yield;
    }
  }
}
