import type { Architecture } from '../../src/experts/tensorblock/architecture.js';
import type { GenerateRequest } from '../../src/inference/kernel/requests.js';
import { EVERY_PART, randomModel, smallConfig } from './engine.js';
import { GPT_OSS, type ScheduleSubject } from './schedule-subjects.js';
import { randomNumbers } from './schedules.js';

const PARTS: readonly (readonly [string, Architecture | undefined])[] = [
  ['mixtral', undefined],
  ['qwen3-moe', { version: 1, queryKeyNorm: 'head' }],
  ['olmoe', { version: 1, queryKeyNorm: 'width', routerSoftmax: 'all' }],
  ['gpt-oss', GPT_OSS],
  ['every part', EVERY_PART],
];
const DTYPES = ['int8', 'int4', 'mixed'] as const;
/** Layers in which the parts have windows: 0 and 2. */
const LEAST_LAYERS = 3;
const VOCABULARY = 100;

type Draw = (below: number) => number;

/** A model of drawn shape, parts and storage, and requests with drawn prompts and sampling: for schedules beyond the fixed subjects. */
export function drawSubject(seed: number): ScheduleSubject {
  // Schedules begin with the seed itself: the same numbers again would tie each model to one kind of schedule.
  const random = randomNumbers(seed ^ 0x5bd1e995);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)];
  const [name, architecture] = pick(PARTS);
  const dtype = pick(DTYPES);
  const experts = 2 + random(7);
  const kvHeads = 1 + random(2);
  const config = smallConfig({
    ...{ hiddenSize: 32 * (1 + random(4)), expertHiddenSize: 32 * (1 + random(4)), kvHeads, experts },
    ...{ heads: 2 * kvHeads * (1 + random(2)), headDim: 16 * (1 + random(3)), vocabSize: VOCABULARY },
    ...{ layers: LEAST_LAYERS + random(2), expertsPerToken: 1 + random(Math.min(4, experts)) },
    ...(architecture && { architecture }),
  });
  const built = randomModel(config, dtype, seed);
  const { hiddenSize, layers } = config;
  const shape = `${hiddenSize} wide, ${layers} layers of ${experts} experts`;
  const requests = Array.from({ length: 2 + random(4) }, () => drawRequest(random, built.model.release));
  return { name: `${name}, ${dtype}, ${shape}`, built, requests };
}

function drawRequest(random: Draw, release: string): GenerateRequest {
  const share = () => random(1001) / 1000;
  return {
    release,
    promptIds: Array.from({ length: 1 + random(90) }, () => random(VOCABULARY)),
    maxTokens: 1 + random(50),
    stopIds: random(3) === 0 ? [random(VOCABULARY), random(VOCABULARY)] : [],
    sampling: {
      temperature: random(4) === 0 ? 0 : 2 * share(),
      ...{ topP: 0.05 + 0.95 * share(), topK: random(2) * random(60), minP: random(2) * 0.2 * share() },
      seed: random(2 ** 31) * 2 ** 21 + random(2 ** 21),
      ...{ repetitionPenalty: 0.8 + 0.6 * share() },
      ...{ presencePenalty: 2 * share() - 1, frequencyPenalty: 2 * share() - 1 },
      ...(random(4) === 0 && { logitBias: [[random(VOCABULARY), 20 * share() - 10]] }),
    },
  };
}
