import type { Architecture } from '../../src/experts/tensorblock/architecture.js';
import type { TensorDtype } from '../../src/experts/tensorblock/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type { GenerateRequest } from '../../src/inference/kernel/requests.js';
import { EVERY_PART, randomModel, smallConfig, type WeightChange } from './engine.js';

/** A model and what it is asked for. */
export interface ScheduleSubject {
  readonly name: string;
  readonly built: BuiltModel;
  readonly requests: readonly GenerateRequest[];
}

/** What gpt-oss has besides Mixtral's parts: sinks, windows, YaRN, biases, a clamped SwiGLU. */
export const GPT_OSS: Architecture = {
  version: 1,
  attentionBias: true,
  attentionSinks: true,
  slidingWindow: { positions: 12, layers: [0, 2] },
  yarn: { factor: 8, originalPositions: 40, betaFast: 32, betaSlow: 1, truncate: true },
  routerBias: true,
  expertBias: true,
  clampedSwiglu: { alpha: 1.702, limit: 0.9 },
};

const MODELS: readonly (readonly [string, Architecture | undefined, TensorDtype | 'mixed', WeightChange?])[] =
  [
    ['mixtral, mixed', undefined, 'mixed'],
    ['mixtral, int4', undefined, 'int4'],
    ['gpt-oss, mixed', GPT_OSS, 'mixed'],
    ['gpt-oss, int4', GPT_OSS, 'int4'],
    ['every part, int8', EVERY_PART, 'int8'],
    ['mixtral, short scales but for some experts', undefined, 'int8', cutMost],
  ];

/** Models of three layers with eight experts each, and for each of them requests whose prompts partly begin alike, greedy and sampled. */
export function scheduleSubjects(): readonly ScheduleSubject[] {
  return MODELS.map(([name, architecture, dtype, change], i) => {
    const parts = architecture === undefined ? {} : { architecture };
    const config = smallConfig({ layers: 3, experts: 8, ...parts });
    const built = randomModel(config, dtype, 29 + i, change);
    return { name, built, requests: requestsTo(built.model.release) };
  });
}

/** Leaves the upper half of the bits of most weights, as a checkpoint in bfloat16 has them; some experts have been trained since. */
function cutMost(block: string, _: string, values: Float32Array): void {
  if (block.endsWith('expert3') || block.endsWith('expert6')) return;
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) words[i] &= 0xffff0000;
}

function requestsTo(release: string): GenerateRequest[] {
  const common = Array.from({ length: 70 }, (_, i) => (i * 17 + 5) % 100);
  return Array.from({ length: 10 }, (_, i): GenerateRequest => {
    const own = Array.from({ length: 1 + ((i * 23) % 60) }, (_, j) => (i * 31 + j * 7) % 100);
    return {
      release,
      promptIds: i % 3 === 0 ? own : [...common.slice(0, i % 3 === 1 ? 70 : 33), ...own],
      maxTokens: 3 + ((i * 11) % 20),
      stopIds: i % 4 === 0 ? [13, 57] : [],
      sampling: {
        ...{ temperature: i % 2 === 0 ? 1.1 : 0, topP: 0.95, topK: 0, minP: 0.01, seed: 2 ** 52 + i },
        ...{ repetitionPenalty: 1.1, presencePenalty: 0.3, frequencyPenalty: 0.1 },
      },
    };
  });
}
