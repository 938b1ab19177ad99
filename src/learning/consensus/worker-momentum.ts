/**
 * What a contributor sends instead of its last update: the mean of all its updates so far, the latest counting most (worker momentum,
 * arXiv 2012.10333, §5). It varies less than one update does, so that a cheat can hide less behind the spread of the honest ones.
 */
export class WorkerMomentum {
  /** @param beta weight of what came before, 0 to below 1  @param mean what was sent last; null: nothing was */
  constructor(
    private readonly beta: number,
    private mean: Float32Array | null = null,
  ) {}

  /** Takes an update in; returns what to send. The first one is sent as it is. */
  add(update: Float32Array): Float32Array {
    const before = this.mean;
    this.mean =
      before === null
        ? Float32Array.from(update)
        : update.map((value, i) => this.beta * before[i] + (1 - this.beta) * value);
    return Float32Array.from(this.mean);
  }
}
