import { ok, type Result } from '../../common/index.js';
import type { Place } from './place.js';
import { OPERATORS } from './referee/operators.js';
import type { PlainWeights } from './referee/weights.js';
import type { Side } from './side.js';
import type { DisputedValues, SideName } from './verdict.js';

/** What the referee found of one operator. */
export interface Judgement {
  readonly wrong: readonly SideName[];
  /** First element in which the outputs of the two differ. */
  readonly index: number;
  readonly values: DisputedValues;
  /** Multiplications. */
  readonly work: number;
}

/**
 * Computes one operator from inputs that both sides agree on (given by side a, under digests that both have) and holds both
 * outputs against it, bit by bit.
 */
export async function judge(
  a: Side,
  b: Side,
  place: Place,
  weights: PlainWeights,
  token: number,
): Promise<Result<Judgement>> {
  const { config } = weights.model;
  const operator = OPERATORS[place.operator];
  const values: Float32Array[] = [];
  for (const input of operator.inputs(config, place)) {
    const value = await a.value(input);
    if (!value.ok) return value;
    values.push(value.value);
  }
  const [ofA, ofB] = [await a.value(place), await b.value(place)];
  if (!ofA.ok) return ofA;
  if (!ofB.ok) return ofB;
  const right = operator.compute({ config, place, values, weights, token });
  if (!right.ok) return right;
  const outputs = [ofA.value, ofB.value, right.value].map(words);
  const [wordsA, wordsB, wordsRight] = outputs;
  const index = wordsA.findIndex((word, i) => word !== wordsB[i]);
  const wrong: SideName[] = [];
  if (differ(wordsA, wordsRight)) wrong.push('a');
  if (differ(wordsB, wordsRight)) wrong.push('b');
  const shown = outputs.map((output) => output[index].toString(16).padStart(8, '0'));
  const disputed = { a: shown[0], b: shown[1], right: shown[2] };
  return ok({ wrong, index, values: disputed, work: operator.work(config, place) });
}

function words(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function differ(a: Uint32Array, b: Uint32Array): boolean {
  return a.some((word, i) => word !== b[i]);
}
