import { unwrap } from '../../common/index.js';
import { norm } from '../checks/similarity.js';
import { decodeDelta, encodeDelta, type Delta, type DeltaPlan } from './delta-codec.js';

/** Attempts at making a delta short enough: coarse values may be a little longer than what they stand for. */
const MOST_ATTEMPTS = 16;
const SHORTER = 0.999;

/**
 * Sends deltas in few bytes and keeps what is lost for the next one, so that nothing is lost for good (F. Seide et al., 1-Bit Stochastic
 * Gradient Descent, Interspeech 2014; S. P. Karimireddy et al., arXiv 1901.09847).
 */
export class ErrorFeedback {
  /** @param rest what earlier deltas left */
  constructor(
    private readonly plan: DeltaPlan,
    private rest: Delta = new Map(),
  ) {}

  /** What the deltas so far have left. */
  get left(): Delta {
    return this.rest;
  }

  /**
   * The bytes to send for a delta and for what earlier ones left. What is cut off because it is too long is not kept: it would only come back.
   * @param delta all values finite  @param longest Euclidean length of what is sent
   */
  send(delta: Delta, longest = Infinity): Uint8Array {
    let wanted = added(delta, this.rest, 1);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const bytes = encodeDelta(wanted, this.plan);
      const sent = unwrap(decodeDelta(bytes, delta));
      const excess = lengthOf(sent) / longest;
      if (excess <= 1) {
        this.rest = added(wanted, sent, -1);
        return bytes;
      }
      wanted = scaled(wanted, SHORTER / excess);
    }
    throw new Error('a delta gets no shorter');
  }
}

function lengthOf(delta: Delta): number {
  return Math.hypot(...[...delta.values()].map(({ values }) => norm(values)));
}

function scaled(delta: Delta, factor: number): Delta {
  return new Map(
    [...delta].map(([name, matrix]) => [
      name,
      { ...matrix, values: matrix.values.map((value) => value * factor) },
    ]),
  );
}

function added(delta: Delta, other: Delta, factor: 1 | -1): Delta {
  return new Map(
    [...delta].map(([name, { rows, columns, values }]) => {
      const beside = other.get(name)?.values;
      const sum = beside === undefined ? values : values.map((value, i) => value + factor * beside[i]);
      return [name, { rows, columns, values: sum }];
    }),
  );
}
