import { routerRowOf, routerRowPlace } from '../../experts/tensorblock/growth.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import type { Variable } from './tape.js';
import type { TrainingKernel } from './training-kernel.js';

/** The float32 values of a tensor of a block, row-major. */
export type WeightValues = (block: string, tensor: string) => Float32Array;

/** Tensors of a model in the kernel's memory, by block and name; those of trained blocks have gradients. */
export class ModelWeights {
  private readonly blocks = new Map<string, Map<string, Variable>>();

  /**
   * @param trained names of the blocks that learn; a row of a router (`layer3.router.row8`) is one of its own, the rest of it is frozen
   * Throws `TRAINING_MEMORY` when the model does not fit into 4 GiB as float32.
   */
  constructor(
    private readonly kernel: TrainingKernel,
    config: ModelConfig,
    valuesOf: WeightValues,
    trained: ReadonlySet<string>,
  ) {
    const rows = [...trained].flatMap((name) => routerRowPlace(name) ?? []);
    const withRows = new Set(rows.map(({ layer }) => `layer${layer}.router`));
    for (const { name, tensors } of describeBlocks(config)) {
      const placed = tensors.map(({ name: tensor, rows, columns }) => {
        const needsGradient = trained.has(name) || (tensor === 'weight' && withRows.has(name));
        const address = kernel.allocate(rows * columns * 4);
        kernel.floats(address, rows * columns).set(valuesOf(name, tensor));
        return [tensor, { address, rows, columns, needsGradient, gradient: 0 }] as const;
      });
      this.blocks.set(name, new Map<string, Variable>(placed));
    }
    for (const { layer, expert } of rows) {
      const row = this.row(this.get(`layer${layer}.router`, 'weight'), expert);
      this.blocks.set(routerRowOf(`layer${layer}.expert${expert}`), new Map([['row', row]]));
    }
  }

  /** A tensor that the model must have. */
  get(block: string, tensor: string): Variable {
    const variable = this.optional(block, tensor);
    if (variable === undefined) throw new Error(`the model has no ${block}/${tensor}`);
    return variable;
  }

  /** A tensor that not every architecture has. */
  optional(block: string, tensor: string): Variable | undefined {
    return this.blocks.get(block)?.get(tensor);
  }

  /** All tensors of a block, by name in the order of the block. */
  tensorsOf(block: string): ReadonlyMap<string, Variable> {
    return this.blocks.get(block) ?? new Map<string, Variable>();
  }

  /** One row of a matrix, in the memory of the matrix. The gradients of its other rows go where nobody reads them. */
  private row(matrix: Variable, row: number): Variable {
    const { address, rows, columns } = matrix;
    if (row >= rows) throw new Error(`there is no row ${row} of ${rows}`);
    if (matrix.gradient === 0) {
      matrix.gradient = this.kernel.allocate(rows * columns * 4);
      this.kernel.floats(matrix.gradient, rows * columns).fill(0);
    }
    const skip = row * columns * 4;
    return {
      ...{ address: address + skip, rows: 1, columns, needsGradient: true },
      gradient: matrix.gradient + skip,
    };
  }

  /** The values of a tensor now, copied. */
  values(block: string, tensor: string): Float32Array {
    const { address, rows, columns } = this.get(block, tensor);
    return Float32Array.from(this.kernel.floats(address, rows * columns));
  }
}
