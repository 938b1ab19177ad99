import { MODEL_FIELDS } from './abi.js';
import type { Kernel } from './kernel.js';
import type { LoadedModel } from './model.js';

/** The norm between the last layer and the head, applied to single rows: what the head sees, before it is quantised. */
export class FinalNorm {
  private readonly weight: number;

  constructor(
    private readonly kernel: Kernel,
    private readonly model: LoadedModel,
  ) {
    const fields = kernel.heap.words(model.address, MODEL_FIELDS.length);
    this.weight = fields[MODEL_FIELDS.indexOf('headNorm')];
  }

  /** The normed hidden state of a row of the last batch: float32 [hiddenSize], valid until the next call. */
  of(row: number): Float32Array {
    const { run, config } = this.model;
    const { hiddenSize, rmsEpsilon } = config;
    const target = run.spareAddress;
    this.kernel.exports.rmsNorm(run.residualAddress(row), this.weight, hiddenSize, rmsEpsilon, target);
    return this.kernel.heap.floats(target, hiddenSize);
  }
}
