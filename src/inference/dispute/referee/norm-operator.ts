import { ok, type Result } from '../../../common/index.js';
import type { Place } from '../place.js';
import { vectorOf } from './affine.js';
import { rmsNorm } from './norm.js';
import type { Operator, OperatorInput } from './operator.js';
import { makeRecord, recordLength } from './record.js';
import type { OpenBlock } from './weights.js';

/**
 * RMSNorm of the residual stream, quantised: what the matrices behind it read.
 * @param residual where the residual stream is that goes in  @param blockOf the block whose vector `norm` it is multiplied with
 */
export function residualNorm(
  residual: (place: Place) => Place,
  blockOf: (input: OperatorInput) => Result<OpenBlock>,
): Operator {
  return {
    inputs: (_, place) => [residual(place)],
    compute(input) {
      const block = blockOf(input);
      if (!block.ok) return block;
      const norm = vectorOf(block.value, 'norm');
      if (!norm.ok) return norm;
      return ok(makeRecord(rmsNorm(input.values[0], norm.value, input.config.rmsEpsilon)));
    },
    length: ({ hiddenSize }) => recordLength(hiddenSize),
    work: () => 0,
  };
}
