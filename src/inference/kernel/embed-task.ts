import type { FinalNorm } from './final-norm.js';
import type { EmbedRequest } from './requests.js';
import type { SequenceTask } from './tasks.js';

/**
 * Pools the final hidden states of some ids into one vector: their mean, scaled to length 1. The sum is taken in float64 in the
 * order of positions, so its bits do not depend on how the positions were cut into batches.
 */
export class EmbedTask implements SequenceTask {
  readonly ids: number[];
  readonly given: number;
  readonly positions: number;
  private readonly sum: Float64Array;

  constructor(
    request: EmbedRequest,
    private readonly norm: Pick<FinalNorm, 'of'>,
    hiddenSize: number,
  ) {
    this.ids = [...request.ids];
    this.given = this.ids.length;
    this.positions = this.ids.length;
    this.sum = new Float64Array(hiddenSize);
  }

  /** Only the last position's: they end the task, and they tell whether the weights give finite numbers. */
  wantsLogits(position: number): boolean {
    return position === this.given - 1;
  }

  computed(_position: number, row: number): void {
    const hidden = this.norm.of(row);
    for (let i = 0; i < hidden.length; i++) this.sum[i] += hidden[i];
  }

  take(): boolean {
    return true;
  }

  /** The vector, float32 [hiddenSize]; not a number where the hidden states cancel out. */
  embedding(): Float32Array {
    const mean = this.sum.map((value) => value / this.given);
    const length = Math.sqrt(mean.reduce((squares, value) => squares + value * value, 0));
    return Float32Array.from(mean, (value) => value / length);
  }
}
