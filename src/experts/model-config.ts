import { CodedError, err, ok, type Json, type Result } from '../common/index.js';

/** A model's architecture: the payload of its meta block (canonical JSON). All sizes are counts of elements. */
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

const LARGEST: Readonly<Record<string, number>> = {
  hiddenSize: 1 << 16,
  layers: 1024,
  experts: 4096,
  expertsPerToken: 64,
  expertHiddenSize: 1 << 20,
  heads: 1024,
  kvHeads: 1024,
  headDim: 1024,
  vocabSize: 1 << 22,
  maxPositions: 1 << 24,
};

const OTHERS = ['family', 'ropeTheta', 'rmsEpsilon', 'tieWordEmbeddings'];

/** Checks a value from a meta block or a checkpoint; `code` is the code of the refusal, which names the member. */
export function parseModelConfig(value: unknown, code = 'META_CONFIG'): Result<ModelConfig> {
  const bad = (member: string, why: string) =>
    err(new CodedError(code, `model configuration: ${member} ${why}`, { member }));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return bad('payload', 'is not an object');
  const config = value as Record<string, unknown> & ModelConfig;
  const unknown = Object.keys(config).find((key) => !(key in LARGEST) && !OTHERS.includes(key));
  if (unknown !== undefined) return bad(unknown, 'is not known');
  if (config.family !== 'mixtral') return bad('family', 'must be mixtral');
  for (const [member, largest] of Object.entries(LARGEST)) {
    const size = config[member];
    if (!Number.isSafeInteger(size) || (size as number) < 1 || (size as number) > largest) {
      return bad(member, `must be a whole number from 1 to ${largest}`);
    }
  }
  if (!isPositive(config.ropeTheta)) return bad('ropeTheta', 'must be positive');
  if (!isPositive(config.rmsEpsilon) || config.rmsEpsilon >= 1)
    return bad('rmsEpsilon', 'must lie between 0 and 1');
  if (typeof config.tieWordEmbeddings !== 'boolean') return bad('tieWordEmbeddings', 'must be true or false');
  if (config.headDim % 2 !== 0) return bad('headDim', 'must be even: rotary positions turn pairs');
  if (config.heads % config.kvHeads !== 0) return bad('kvHeads', 'must divide heads');
  if (config.expertsPerToken > config.experts) return bad('expertsPerToken', 'must not exceed experts');
  return ok(config);
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

/** The configuration as the JSON that the meta block's payload is made of. */
export function modelConfigJson(config: ModelConfig): Json {
  return { ...config };
}
