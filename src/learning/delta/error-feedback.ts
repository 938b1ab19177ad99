import { unwrap } from '../../common/index.js';
import { decodeDelta, encodeDelta, type Delta, type DeltaPlan } from './delta-codec.js';

/**
 * Sends deltas in few bytes and keeps what is lost for the next one, so that nothing is lost for good (F. Seide et al., 1-Bit Stochastic
 * Gradient Descent, Interspeech 2014; S. P. Karimireddy et al., arXiv 1901.09847).
 */
export class ErrorFeedback {
  private rest: Delta = new Map();

  constructor(private readonly plan: DeltaPlan) {}

  /** The bytes to send for a delta and for what earlier ones left. */
  send(delta: Delta): Uint8Array {
    const wanted = added(delta, this.rest, 1);
    const bytes = encodeDelta(wanted, this.plan);
    this.rest = added(wanted, unwrap(decodeDelta(bytes, delta)), -1);
    return bytes;
  }
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
