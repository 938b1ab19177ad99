import { exp } from './mathematics.js';

/** Tokens whose logit is further below the greatest than this have a share below 5e-18 and are dropped. */
const REACH = 40;
const BUCKETS = 512;

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
  /** Sum of all weights, in the order of ids. */
  readonly total: number;
  private readonly buckets: number[][] = [];

  /** @param logits after penalties and temperature */
  constructor(
    private readonly logits: Float64Array,
    private readonly greatest: number,
  ) {
    let total = 0;
    for (let id = 0; id < logits.length; id++) {
      const below = greatest - logits[id];
      if (!(below <= REACH)) continue;
      total += exp(-below);
      const bucket = Math.floor((below / REACH) * (BUCKETS - 1));
      (this.buckets[bucket] ??= []).push(id);
    }
    this.total = total;
  }

  /** Likeliest first. */
  *[Symbol.iterator](): Generator<Candidate> {
    for (const bucket of this.buckets) {
      if (!bucket) continue;
      bucket.sort((a, b) => this.logits[b] - this.logits[a] || a - b);
      for (const id of bucket) yield { id, weight: exp(this.logits[id] - this.greatest) };
    }
  }
}
