import { exp } from '../../common/mathematics.js';

/** Tokens whose logit is further below the greatest than this have a share below 5e-18 and are dropped. */
const REACH = 40;
const BUCKETS = 512;

/** e^(logit - greatest) of every token into `weights` (0 beyond the reach); returns their sum, added in the order of ids. */
export function weigh(logits: Float64Array, greatest: number, weights: Float64Array): number {
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    const below = greatest - logits[id];
    const weight = below <= REACH ? exp(-below) : 0;
    weights[id] = weight;
    total += weight;
  }
  return total;
}

/** A token that may be drawn. */
export interface Candidate {
  readonly id: number;
  /** e^(logit - greatest logit): proportional to its probability. */
  readonly weight: number;
}

/**
 * Tokens from the likeliest downwards (equal logits: lowest id first), sorted only as far as they are asked for: they are first
 * spread over buckets by their distance from the greatest logit, and a bucket is sorted when it is reached.
 */
export class Candidates {
  private readonly buckets: number[][] = [];

  /**
   * @param logits after penalties and temperature
   * @param weights what `weigh` made of them
   */
  constructor(
    private readonly logits: Float64Array,
    private readonly weights: Float64Array,
    greatest: number,
  ) {
    for (let id = 0; id < logits.length; id++) {
      if (weights[id] === 0) continue;
      const bucket = Math.floor(((greatest - logits[id]) / REACH) * (BUCKETS - 1));
      (this.buckets[bucket] ??= []).push(id);
    }
  }

  /** Likeliest first. */
  *[Symbol.iterator](): Generator<Candidate> {
    for (const bucket of this.buckets) {
      if (!bucket) continue;
      bucket.sort((a, b) => this.logits[b] - this.logits[a] || a - b);
      for (const id of bucket) yield { id, weight: this.weights[id] };
    }
  }
}
