import { CodedError, err, ok, type Result } from '../../../common/index.js';
import { routerMask } from '../../../experts/tensorblock/left-out.js';
import { dot } from '../arithmetic/float32.js';
import { activate } from './activation.js';
import { add, addScaled, affine } from './affine.js';
import { residualNorm } from './norm-operator.js';
import { beside, type Operator, type OperatorInput } from './operator.js';
import { makeRecord, recordLength } from './record.js';
import { chooseExperts } from './router.js';
import type { OpenBlock } from './weights.js';

const routerOf = ({ weights, place }: OperatorInput) => weights.block(`layer${place.section - 1}.router`);
const none = () => 0;

/** RMSNorm of the residual stream after attention, quantised: what router and experts read. */
const routerNorm = residualNorm((place) => beside(place, 'output'), routerOf);

/** One logit per expert, from the values before they were quantised. */
const routerLogits: Operator = {
  inputs: (_, place) => [beside(place, 'routerNorm')],
  compute(input) {
    const block = routerOf(input);
    if (!block.ok) return block;
    const { experts, hiddenSize } = input.config;
    const logits = new Float32Array(experts);
    for (let e = 0; e < experts; e++) {
      const row = block.value.row('weight', e);
      if (!row.ok) return row;
      logits[e] = row.value === null ? 0 : dot(input.values[0], 0, row.value, 0, hiddenSize);
    }
    const own = block.value.row('bias');
    if (!own.ok) return own;
    const mask = routerMask(input.config, input.place.section - 1);
    // As the kernel does it, bias and mask first: infinity and minus infinity would make no number.
    const bias = own.value === null ? mask : mask === null ? own.value : add(own.value, mask);
    return ok(bias === null ? logits : add(logits, bias));
  },
  length: ({ experts }) => experts,
  work: ({ experts, hiddenSize }) => experts * hiddenSize,
};

/** The chosen experts and their weights: {number, weight} per rank. */
const routerChoice: Operator = {
  inputs: (_, place) => [beside(place, 'routerLogits')],
  compute: ({ config, values }) => ok(chooseExperts(config, values[0])),
  length: ({ expertsPerToken }) => expertsPerToken * 2,
  work: none,
};

/** The block of the expert that has this rank in a choice; refuses a number that no expert has (`DISPUTE_EXPERT`). */
function expertBlock({ config, weights, place }: OperatorInput, choice: Float32Array): Result<OpenBlock> {
  const expert = choice[place.rank * 2];
  if (Number.isInteger(expert) && expert >= 0 && expert < config.experts)
    return weights.block(`layer${place.section - 1}.expert${expert}`);
  const message = `layer ${place.section - 1} has no expert ${expert}`;
  return err(new CodedError('DISPUTE_EXPERT', message, { expert: String(expert) }));
}

function expand(tensor: 'gate' | 'up'): Operator {
  return {
    inputs: (_, place) => [beside(place, 'routerNorm'), beside(place, 'routerChoice')],
    compute(input) {
      const block = expertBlock(input, input.values[1]);
      return block.ok ? affine(block.value, tensor, input.values[0]) : block;
    },
    length: ({ expertHiddenSize }) => expertHiddenSize,
    work: ({ hiddenSize, expertHiddenSize }) => hiddenSize * expertHiddenSize,
  };
}

/** What gate and up make together, quantised. */
const activation: Operator = {
  inputs: (_, place) => [beside(place, 'gate', place.rank), beside(place, 'up', place.rank)],
  compute: ({ config, values: [gate, up] }) => ok(makeRecord(activate(config, gate, up))),
  length: ({ expertHiddenSize }) => recordLength(expertHiddenSize),
  work: none,
};

const down: Operator = {
  inputs: (_, place) => [beside(place, 'activation', place.rank), beside(place, 'routerChoice')],
  compute(input) {
    const block = expertBlock(input, input.values[1]);
    return block.ok ? affine(block.value, 'down', input.values[0]) : block;
  },
  length: ({ hiddenSize }) => hiddenSize,
  work: ({ hiddenSize, expertHiddenSize }) => hiddenSize * expertHiddenSize,
};

/** The experts' outputs join the residual stream, best expert first. */
const combine: Operator = {
  inputs: ({ expertsPerToken }, place) => [
    beside(place, 'output'),
    beside(place, 'routerChoice'),
    ...Array.from({ length: expertsPerToken }, (_, rank) => beside(place, 'down', rank)),
  ],
  compute({ values: [residual, choice, ...outputs] }) {
    const sum = outputs.reduce((x, y, rank) => addScaled(x, choice[rank * 2 + 1], y), residual);
    return ok(sum);
  },
  length: ({ hiddenSize }) => hiddenSize,
  work: ({ hiddenSize, expertsPerToken }) => hiddenSize * expertsPerToken,
};

/** The second half of a layer: router and experts. */
export const EXPERT_OPERATORS = {
  routerNorm,
  routerLogits,
  routerChoice,
  gate: expand('gate'),
  up: expand('up'),
  activation,
  down,
  combine,
} as const;
