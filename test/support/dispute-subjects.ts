import { nativeSha256 } from '../../src/common/native-hash.js';
import { PlainWeights } from '../../src/inference/dispute/referee/weights.js';
import type { Statement } from '../../src/inference/dispute/witness.js';
import { MemoryBlockSource } from '../../src/inference/kernel/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';
import { GREEDY } from '../../src/inference/sampler/index.js';
import { EVERY_PART, kernelHash, randomModel, smallConfig } from './engine.js';

/** A model that is disputed about, and its weights as the referee reads them. */
export interface DisputeSubject {
  readonly built: BuiltModel;
  readonly weights: PlainWeights;
}

/** What both sides of a dispute are asked. */
export type DisputeQuestion = Omit<Statement, 'outputIds' | 'commitments'>;

/** Tokens of every disputed answer: more than one commitment spans. */
export const ANSWER_TOKENS = 36;
/** Tokens of every prompt. */
export const PROMPT_TOKENS = 5;

/** Small models: Mixtral's way and every other part, in all dtypes. */
export const DISPUTE_SUBJECTS: readonly DisputeSubject[] = makeSubjects();

/** A question to one of the models, greedy or sampled, with a salt of its own. */
export function drawQuestion({ built }: DisputeSubject, random: (below: number) => number): DisputeQuestion {
  const { release, config } = built.model;
  return {
    release,
    kernelHash,
    promptIds: Array.from({ length: PROMPT_TOKENS }, () => random(config.vocabSize)),
    sampling: random(4) === 0 ? GREEDY : { ...GREEDY, temperature: 0.9, topP: 0.95, seed: random(2 ** 32) },
    salt: drawSalt(random),
  };
}

/** 32 bytes that hide a side's commitments. */
export function drawSalt(random: (below: number) => number): Uint8Array {
  return Uint8Array.from({ length: 32 }, () => random(256));
}

function makeSubjects(): DisputeSubject[] {
  const shape = { hiddenSize: 32, expertHiddenSize: 32, heads: 2, kvHeads: 1, vocabSize: 40, experts: 3 };
  const other = { ...shape, layers: 3, architecture: EVERY_PART };
  return [
    randomModel(smallConfig(shape), 'int8', 3),
    randomModel(smallConfig(shape), 'mixed', 5),
    randomModel(smallConfig(shape), 'int4', 7),
    randomModel(smallConfig(other), 'mixed', 9),
  ].map((built) => ({
    built,
    weights: new PlainWeights(built.model, new MemoryBlockSource(built.payloads, nativeSha256)),
  }));
}
