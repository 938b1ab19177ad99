import { nativeSha256 } from '../../common/native-hash.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import { trainingKernelPath } from '../trainer/node/training-kernel-path.js';
import { TrainingThreads } from '../trainer/node/training-threads.js';
import { Trainer } from '../trainer/trainer.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import type { TrainingJob } from '../run/training-job.js';
import type { GeneratedExamples } from './generated-examples.js';
import { initialWeights } from './initial-weights.js';
import type { PretrainingRecord } from './pretraining-record.js';

/** What somebody wants a model to be trained with from nothing. */
export interface PretrainingWish {
  readonly seed: string;
  readonly tokens: number;
  readonly batchTokens: number;
  readonly learningRate: number;
}

const MICRO_BATCH_TOKENS = 2048;
const WARM_UP_SHARE = 0.03;
const FLOOR = 0.05;
const WEIGHT_DECAY = 0.1;
/** Share of the load-balancing loss, whatever the architecture: the one that the genesis model's configuration names. */
const BALANCE = 0.01;

/** The plan of a training of all blocks over so many tokens, once through. */
export function pretrainingPlan(config: ModelConfig, wish: PretrainingWish): TrainingPlan {
  const { seed, tokens, batchTokens, learningRate: peak } = wish;
  const steps = Math.max(1, Math.floor(tokens / batchTokens));
  return {
    blocks: describeBlocks(config).map(({ name }) => name),
    ...{ seed, batchTokens, microBatchTokens: Math.min(MICRO_BATCH_TOKENS, batchTokens), balance: BALANCE },
    schedule: { peak, floor: FLOOR, warmUp: Math.ceil(steps * WARM_UP_SHARE), steps },
    adam: { ...ADAM_DEFAULTS, weightDecay: WEIGHT_DECAY },
  };
}

/** A trainer of all weights, at its beginning. */
export function openPretraining(
  config: ModelConfig,
  { learnt, unseen }: GeneratedExamples,
  { seed, plan }: Pick<PretrainingRecord, 'seed' | 'plan'>,
  threads: number,
): TrainingJob {
  const longest = [...learnt, ...unseen].reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const workers = TrainingThreads.start({ kernelPath: trainingKernelPath(), threads, longest });
  const valuesOf = initialWeights(config, seed, nativeSha256);
  // Nothing is frozen, so nothing is kept of frozen layers.
  const parts = { kernel: workers.kernel, config, valuesOf, sha256: nativeSha256, prefixBytes: 0 };
  return { trainer: new Trainer(parts, plan, learnt), plan, stop: () => workers.stop() };
}
