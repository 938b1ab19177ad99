import { float } from './operations.js';
import type { Variable } from './tape.js';
import type { TrainingKernel } from './training-kernel.js';

/** What AdamW (Loshchilov and Hutter 2019) is told besides the learning rate. */
export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Gradients longer than this are shortened to it, all of them together. */
  readonly clip: number;
}

/** Usual values. */
export const ADAM_DEFAULTS: AdamOptions = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  clip: 1,
};

const SQUARES_PER_BLOCK = 4096;

interface Moments {
  readonly variable: Variable;
  /** Addresses of the moving means of gradient and squared gradient. */
  readonly first: number;
  readonly second: number;
}

/** AdamW over some variables. Its arithmetic is float32 in one order, so that a step gives the same bits everywhere. */
export class Adam {
  private readonly moments: readonly Moments[];
  private readonly sums: number;
  private taken = 0;

  constructor(
    private readonly kernel: TrainingKernel,
    variables: readonly Variable[],
    private readonly options: AdamOptions,
  ) {
    this.moments = variables.map((variable) => {
      const [first, second] = [0, 1].map(() => this.zeros(variable));
      variable.gradient ||= this.zeros(variable);
      return { variable, first, second };
    });
    const most = Math.max(0, ...variables.map(sizeOf));
    this.sums = kernel.allocate(Math.ceil(most / SQUARES_PER_BLOCK) * 8);
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.taken;
  }

  /** Length of all gradients together. Not finite where training has gone astray. */
  gradientNorm(): number {
    let total = 0;
    for (const { variable } of this.moments) {
      const size = sizeOf(variable);
      this.kernel.execute('sumSquares', variable.gradient, this.sums, size);
      for (const sum of this.kernel.doubles(this.sums, Math.ceil(size / SQUARES_PER_BLOCK))) total += sum;
    }
    return Math.sqrt(total);
  }

  /** One step along the gradients, which are zero afterwards. @param norm what `gradientNorm` said */
  step(learningRate: number, norm: number): void {
    const { beta1, beta2, epsilon, weightDecay, clip } = this.options;
    this.taken++;
    const factor = norm > clip ? clip / norm : 1;
    const rate = learningRate / (1 - power(beta1, this.taken));
    const correction = 1 / (1 - power(beta2, this.taken));
    const numbers = [factor, beta1, beta2, epsilon, rate, correction, learningRate * weightDecay].map(float);
    for (const { variable, first, second } of this.moments) {
      const { address, gradient } = variable;
      this.kernel.execute('adam', address, gradient, first, second, sizeOf(variable), ...numbers);
    }
    this.forget();
  }

  /** Forgets the gradients, as after a step that is not taken. */
  forget(): void {
    for (const { variable } of this.moments)
      this.kernel.execute('fill', variable.gradient, 0, sizeOf(variable), float(0));
  }

  /** Values and both moments of every variable, one after the other: what a checkpoint keeps and a step is named by. */
  *state(): Generator<Float32Array> {
    for (const { variable, first, second } of this.moments)
      for (const address of [variable.address, first, second])
        yield this.kernel.floats(address, sizeOf(variable));
  }

  /** Goes back to a state, copied from `state`. @param steps taken until then */
  restore(state: Float32Array, steps: number): void {
    let offset = 0;
    for (const part of this.state()) {
      part.set(state.subarray(offset, offset + part.length));
      offset += part.length;
    }
    this.taken = steps;
  }

  private zeros(variable: Variable): number {
    const size = Math.ceil(sizeOf(variable) / 4) * 4;
    const address = this.kernel.allocate(size * 4);
    this.kernel.floats(address, size).fill(0);
    return address;
  }
}

function sizeOf({ rows, columns }: Variable): number {
  return rows * columns;
}

/** base^exponent by multiplications in one order: `Math.pow` may differ between engines. */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
