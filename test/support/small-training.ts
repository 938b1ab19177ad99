import { concatBytes } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { describeBlocks } from '../../src/experts/tensorblock/model-blocks.js';
import type { EncodeBlock } from '../../src/learning/audit/end-check.js';
import type { Workshop } from '../../src/learning/audit/planted/recorded-training.js';
import { ADAM_DEFAULTS } from '../../src/learning/trainer/adam.js';
import type { TokenSequence } from '../../src/learning/trainer/batch.js';
import { Trainer } from '../../src/learning/trainer/trainer.js';
import type { TrainingPlan } from '../../src/learning/trainer/training-plan.js';
import { randomModel, smallConfig } from './engine.js';
import { createTrainingKernel, lookUp, valuesOf } from './training.js';

/** Updates of the small training. */
export const STEPS = 6;

const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 3, vocabSize: 40 });

/** A model of which three experts can be trained in no time. */
export const smallModel = { config, valuesOf: lookUp(valuesOf(randomModel(config, 'f32', 7))) };

const documents: TokenSequence[] = Array.from({ length: 30 }, (_, e) => ({
  ids: Array.from({ length: 6 + (e % 7) }, (_, i) => (e * 3 + i * (1 + (e % 3))) % 40),
  firstTarget: 2,
}));

const plan: TrainingPlan = {
  blocks: ['layer1.expert0', 'layer1.expert2', 'layer2.expert1'],
  ...{ seed: 'a seed', batchTokens: 60, microBatchTokens: 30, balance: 0 },
  schedule: { peak: 0.01, floor: 0.1, warmUp: 2, steps: STEPS },
  adam: ADAM_DEFAULTS,
};

/** Blocks as plain float32: how a release stores them makes no difference to audits. */
const encode: EncodeBlock = (name, of) => {
  const tensors = describeBlocks(config).find((block) => block.name === name)?.tensors ?? [];
  const values = tensors.map((tensor) => Float32Array.from(of(name, tensor.name)));
  return concatBytes(...values.map(({ buffer }) => new Uint8Array(buffer)));
};

/** What small trainings, honest and other ones, are made with. */
export const smallWorkshop: Workshop = {
  ...{ config, encode, sha256: nativeSha256, plan, documents, steps: STEPS },
  createTrainer: (by, learnt) =>
    new Trainer(
      { kernel: createTrainingKernel(), ...smallModel, sha256: nativeSha256, prefixBytes: 1 << 20 },
      by,
      learnt,
    ),
};
