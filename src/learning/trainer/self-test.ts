import type { Sha256 } from '../../common/hash.js';
import { unwrap } from '../../common/result.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import { ADAM_DEFAULTS } from './adam.js';
import type { TokenSequence } from './batch.js';
import { Trainer } from './trainer.js';
import { createTrainingMemory, TrainingKernel } from './training-kernel.js';
import type { TrainingPlan } from './training-plan.js';

/** What `trainingVector` gives wherever the kernel computes as it should. */
export const TRAINING_VECTOR = '4b24fbaac334769d981c146e67f08db805b76f50f4c6284a3ff0cbcd33ffcb49';

/** Small, with the parts that families have besides Mixtral's, and sizes that leave a rest in every loop that takes several at once. */
const CONFIG: ModelConfig = {
  family: 'mixtral',
  ...{ hiddenSize: 64, layers: 2, experts: 3, expertsPerToken: 2, expertHiddenSize: 96 },
  ...{ heads: 4, kvHeads: 2, headDim: 16, vocabSize: 90, maxPositions: 64 },
  ...{ ropeTheta: 10000, rmsEpsilon: 1e-5, tieWordEmbeddings: false },
  architecture: {
    ...{ version: 1, attentionBias: true, attentionSinks: true, queryKeyNorm: 'head' },
    slidingWindow: { positions: 9, layers: [0] },
    yarn: { factor: 8, originalPositions: 32, betaFast: 32, betaSlow: 1, truncate: false },
    ...{ routerSoftmax: 'all', routerBias: true, expertBias: true },
    clampedSwiglu: { alpha: 1.702, limit: 1 },
  },
};
const STEPS = 3;
const PLAN: Omit<TrainingPlan, 'blocks'> = {
  ...{ seed: 'self-test', batchTokens: 40, microBatchTokens: 30, balance: 0.01 },
  schedule: { peak: 0.01, floor: 0.1, warmUp: 1, steps: STEPS },
  adam: ADAM_DEFAULTS,
};
const EXAMPLES: readonly TokenSequence[] = Array.from({ length: 5 }, (_, e) => ({
  ids: Array.from({ length: 9 + 3 * e }, (_, i) => (e * 31 + i * i * 7) % CONFIG.vocabSize),
  firstTarget: 1,
}));

/** Trains every block of a built-in model for a few updates; the hash of the last one, which depends on every bit before. */
export function trainingVector(module: WebAssembly.Module, sha256: Sha256): string {
  const kernel = TrainingKernel.create(module, createTrainingMemory(), 1, CONFIG.maxPositions);
  const blocks = describeBlocks(CONFIG).map(({ name }) => name);
  const parts = { kernel, config: CONFIG, valuesOf: randomValues(), sha256, prefixBytes: 0 };
  const trainer = new Trainer(parts, { ...PLAN, blocks }, EXAMPLES);
  const reports = Array.from({ length: STEPS }, () => unwrap(trainer.step()));
  return reports[STEPS - 1].hash;
}

/** Values between -0.3 and 0.3, the same ones each time (xorshift32, Marsaglia 2003). */
function randomValues(): (block: string, tensor: string) => Float32Array {
  let state = 0x2545f491;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state | 0) / 2 ** 31) * 0.3;
  };
  const sizes = new Map(
    describeBlocks(CONFIG).flatMap(({ name, tensors }) =>
      tensors.map(({ name: tensor, rows, columns }) => [`${name}/${tensor}`, rows * columns]),
    ),
  );
  return (block, tensor) => Float32Array.from({ length: sizes.get(`${block}/${tensor}`) ?? 0 }, next);
}
