import { ok, type Result } from '../../../common/index.js';
import type { ModelConfig } from '../../kernel/index.js';
import type { Place } from '../place.js';
import { add, affine, vectorOf } from './affine.js';
import { firstSeen, mixHeads } from './attention.js';
import { rmsNorm } from './norm.js';
import { residualNorm } from './norm-operator.js';
import { beside, residualBefore, type Operator, type OperatorInput } from './operator.js';
import { makeRecord, recordLength } from './record.js';
import { ropeAt, rotateHeads } from './rotation.js';
import type { OpenBlock } from './weights.js';

const queryWidth = ({ heads, headDim }: ModelConfig) => heads * headDim;
const keyWidth = ({ kvHeads, headDim }: ModelConfig) => kvHeads * headDim;
const blockOf = ({ weights, place }: OperatorInput) => weights.block(`layer${place.section - 1}.attention`);
const none = () => 0;

/** RMSNorm of the residual stream, quantised: what the projections read. */
const inputNorm = residualNorm(residualBefore, blockOf);

function projection(tensor: string, width: (config: ModelConfig) => number): Operator {
  return {
    inputs: (_, place) => [beside(place, 'inputNorm')],
    compute(input) {
      const block = blockOf(input);
      return block.ok ? affine(block.value, tensor, input.values[0]) : block;
    },
    length: width,
    work: (config) => width(config) * config.hiddenSize,
  };
}

/** Norm of the heads, where the model has one, and rotation. */
function turn(tensor: 'q' | 'k', width: (config: ModelConfig) => number): Operator {
  return {
    inputs: (_, place) => [beside(place, tensor === 'q' ? 'query' : 'key')],
    compute(input) {
      const block = blockOf(input);
      if (!block.ok) return block;
      const heads = normalizeHeads(input, block.value, `${tensor}_norm`);
      if (!heads.ok) return heads;
      return ok(rotateHeads(heads.value, ropeAt(input.config, input.place.position)));
    },
    length: width,
    work: none,
  };
}

function normalizeHeads(
  { config, values: [x] }: OperatorInput,
  block: OpenBlock,
  tensor: string,
): Result<Float32Array> {
  const kind = config.architecture?.queryKeyNorm;
  if (kind === undefined) return ok(x);
  const weight = vectorOf(block, tensor);
  if (!weight.ok) return weight;
  const size = kind === 'head' ? config.headDim : x.length;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += size)
    out.set(rmsNorm(x, weight.value, config.rmsEpsilon, start, size), start);
  return ok(out);
}

function seenPlaces(config: ModelConfig, place: Place, operator: 'keyTurn' | 'value'): Place[] {
  const first = firstSeen(config, place.section - 1, place.position);
  const count = place.position + 1 - first;
  return Array.from({ length: count }, (_, i) => ({ ...beside(place, operator), position: first + i }));
}

/** Scores, softmax and weighted sum of the values, quantised. */
const attention: Operator = {
  inputs: (config, place) => [
    beside(place, 'queryTurn'),
    ...seenPlaces(config, place, 'keyTurn'),
    ...seenPlaces(config, place, 'value'),
  ],
  compute(input) {
    const block = blockOf(input);
    if (!block.ok) return block;
    const sinks = block.value.row('sinks');
    if (!sinks.ok) return sinks;
    const [query, ...seen] = input.values;
    const [keys, values] = [seen.slice(0, seen.length / 2), seen.slice(seen.length / 2)];
    return ok(makeRecord(mixHeads(input.config, query, keys, values, sinks.value)));
  },
  length: (config) => recordLength(queryWidth(config)),
  work: (config, place) =>
    2 * queryWidth(config) * (place.position + 1 - firstSeen(config, place.section - 1, place.position)),
};

/** The output projection, added to the residual stream. */
const output: Operator = {
  inputs: (_, place) => [beside(place, 'attention'), residualBefore(place)],
  compute(input) {
    const block = blockOf(input);
    if (!block.ok) return block;
    const product = affine(block.value, 'o', input.values[0]);
    return product.ok ? ok(add(input.values[1], product.value)) : product;
  },
  length: ({ hiddenSize }) => hiddenSize,
  work: (config) => queryWidth(config) * config.hiddenSize,
};

/** The attention half of a layer. */
export const ATTENTION_OPERATORS = {
  inputNorm,
  query: projection('q', queryWidth),
  key: projection('k', keyWidth),
  value: projection('v', keyWidth),
  queryTurn: turn('q', queryWidth),
  keyTurn: turn('k', keyWidth),
  attention,
  output,
} as const;
