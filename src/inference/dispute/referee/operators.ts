import { CodedError, err, ok } from '../../../common/index.js';
import type { OperatorName } from '../place.js';
import { affine, vectorOf } from './affine.js';
import { ATTENTION_OPERATORS } from './attention-operators.js';
import { EXPERT_OPERATORS } from './expert-operators.js';
import { rmsNorm } from './norm.js';
import { beside, residualBefore, type Operator } from './operator.js';
import { makeRecord, recordLength } from './record.js';

/** The token's row of the table. */
const embedding: Operator = {
  inputs: () => [],
  compute({ weights, token }) {
    const block = weights.block('embedding');
    if (!block.ok) return block;
    const row = block.value.row('weight', token);
    if (!row.ok) return row;
    if (row.value !== null) return ok(row.value);
    return err(new CodedError('DISPUTE_WEIGHTS', 'the block embedding holds no weight', {}));
  },
  length: ({ hiddenSize }) => hiddenSize,
  work: () => 0,
};

const finalNorm: Operator = {
  inputs: (_, place) => [residualBefore(place)],
  compute({ weights, values, config }) {
    const block = weights.block('head');
    if (!block.ok) return block;
    const norm = vectorOf(block.value, 'norm');
    return norm.ok ? ok(makeRecord(rmsNorm(values[0], norm.value, config.rmsEpsilon))) : norm;
  },
  length: ({ hiddenSize }) => recordLength(hiddenSize),
  work: () => 0,
};

const logits: Operator = {
  inputs: (_, place) => [beside(place, 'finalNorm')],
  compute({ weights, values }) {
    const block = weights.block('head');
    return block.ok ? affine(block.value, 'weight', values[0]) : block;
  },
  length: ({ vocabSize }) => vocabSize,
  work: ({ vocabSize, hiddenSize }) => vocabSize * hiddenSize,
};

/** Every operator by its name. */
export const OPERATORS: Readonly<Record<OperatorName, Operator>> = {
  embedding,
  ...ATTENTION_OPERATORS,
  ...EXPERT_OPERATORS,
  finalNorm,
  logits,
};
