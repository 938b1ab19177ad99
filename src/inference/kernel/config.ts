import { CodedError, err, ok, type Result } from '../../common/index.js';

/** Dimensions of a model: the payload of its meta block. */
export interface ModelConfig {
  readonly family: 'mixtral';
  readonly hiddenSize: number;
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly expertHiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly ropeTheta: number;
  readonly rmsEpsilon: number;
  readonly tieWordEmbeddings: boolean;
}

/** Greatest accepted value of every dimension: far above any model, low enough that no product overflows. */
const LIMITS = {
  hiddenSize: 65536,
  layers: 1024,
  experts: 4096,
  expertsPerToken: 64,
  expertHiddenSize: 262144,
  heads: 1024,
  kvHeads: 1024,
  headDim: 1024,
  vocabSize: 2 ** 21,
  maxPositions: 2 ** 20,
} as const;

/** What the kernel's vectors need. */
const MULTIPLES = { hiddenSize: 32, expertHiddenSize: 32, headDim: 16 } as const;

/** Refuses (`MODEL_CONFIG`, naming the field) what the kernel cannot compute. */
export function checkModelConfig(config: ModelConfig): Result<void> {
  if (config.family !== 'mixtral') return refuse('family', 'only mixtral is supported');
  for (const [field, limit] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][]) {
    const value = config[field];
    if (!Number.isSafeInteger(value) || value < 1 || value > limit) {
      return refuse(field, `must be a whole number from 1 to ${limit}`);
    }
  }
  for (const [field, step] of Object.entries(MULTIPLES) as [keyof typeof MULTIPLES, number][]) {
    if (config[field] % step !== 0) return refuse(field, `must be a multiple of ${step}`);
  }
  if (config.heads % config.kvHeads !== 0) return refuse('kvHeads', 'must divide heads');
  if ((config.heads * config.headDim) % 32 !== 0)
    return refuse('heads', 'times headDim must be a multiple of 32');
  if (config.expertsPerToken > config.experts) return refuse('expertsPerToken', 'must not exceed experts');
  if (!(config.ropeTheta > 1 && config.ropeTheta < 1e12)) return refuse('ropeTheta', 'must lie in 1..1e12');
  if (!(config.rmsEpsilon > 0 && config.rmsEpsilon < 1)) return refuse('rmsEpsilon', 'must lie in 0..1');
  return ok();
}

/** Columns of the attention output: all heads side by side. */
export function attentionWidth(config: ModelConfig): number {
  return config.heads * config.headDim;
}

function refuse(field: keyof ModelConfig, reason: string): Result<never> {
  return err(new CodedError('MODEL_CONFIG', `${field} ${reason}`, { field }));
}
