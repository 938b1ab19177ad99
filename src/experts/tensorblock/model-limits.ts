import { findArchitectureFault, type Architecture } from './architecture.js';
import { FAMILY_NAMES } from './families/index.js';

/** A model's architecture: the payload of its meta block (canonical JSON). All sizes are counts of elements. */
export interface ModelConfig {
  /** A family this version knows; computing needs only the members below. */
  readonly family: string;
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
  /** What is computed otherwise than in Mixtral; absent: nothing. */
  readonly architecture?: Architecture;
}

/** Why an architecture cannot be computed. */
export interface ConfigFault {
  readonly field: string;
  /** What the field holds: numbers and booleans as they are, all else described. */
  readonly value: number | string | boolean;
  /** The greatest value it may have (for `ropeTheta` and `rmsEpsilon`: must stay below); null where size is not the fault. */
  readonly limit: number | null;
  /** What is asked of the field: `must be …`. */
  readonly rule: string;
}

/** Greatest accepted value of every dimension: far above any model, low enough that no product overflows. */
const LARGEST = {
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

const THETA_LIMIT = 1e12;

const FIELDS: readonly string[] = [
  ...Object.keys(LARGEST),
  'family',
  'ropeTheta',
  'rmsEpsilon',
  'tieWordEmbeddings',
  'architecture',
];

/** The first member that no architecture has; null where there is none. */
export function unknownField(config: object): string | null {
  return Object.keys(config).find((key) => !FIELDS.includes(key)) ?? null;
}

/**
 * What is wrong with an architecture, the kernel's limits included; null when nothing is. Import, publishing and the
 * kernel ask here, so that no two of them hold a model to different limits.
 */
export function findConfigFault(value: unknown): ConfigFault | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { field: 'payload', value: describe(value), limit: null, rule: 'must be an object' };
  const config = value as ModelConfig;
  return (
    sizeFault(config) ??
    alignmentFault(config) ??
    relationFault(config) ??
    numberFault(config) ??
    architectureFault(config)
  );
}

function architectureFault({ architecture, ...sizes }: ModelConfig): ConfigFault | null {
  const found = architecture === undefined ? null : findArchitectureFault(architecture, sizes);
  return found && { field: found.field, value: describe(found.value), limit: null, rule: found.rule };
}

/**
 * A size of a sound architecture that the kernel's vectors cannot be laid over; null where there is none.
 */
function alignmentFault(config: ModelConfig): ConfigFault | null {
  for (const [field, step] of Object.entries(MULTIPLES) as [keyof typeof MULTIPLES, number][])
    if (config[field] % step !== 0) return fault(config, field, `must be a multiple of ${step}`);
  if ((config.heads * config.headDim) % 32 !== 0)
    return fault(config, 'heads', `times headDim (${config.headDim}) must be a multiple of 32`);
  return null;
}

/** What is wrong, in words: the field, its value, and what it must be. */
export function describeFault({ field, value, rule }: ConfigFault): string {
  return `${field} is ${value}: ${rule}`;
}

function sizeFault(config: ModelConfig): ConfigFault | null {
  if (!FAMILY_NAMES.includes(config.family))
    return fault(config, 'family', `must be one of ${FAMILY_NAMES.join(', ')}`);
  for (const [field, limit] of Object.entries(LARGEST) as [keyof typeof LARGEST, number][]) {
    const size: unknown = config[field];
    if (!Number.isSafeInteger(size) || (size as number) < 1 || (size as number) > limit)
      return fault(config, field, `must be a whole number from 1 to ${limit}`, limit);
  }
  return null;
}

function relationFault(config: ModelConfig): ConfigFault | null {
  const { heads, kvHeads, experts, expertsPerToken } = config;
  if (heads % kvHeads !== 0) return fault(config, 'kvHeads', `must divide the ${heads} heads`);
  if (expertsPerToken > experts)
    return fault(config, 'expertsPerToken', `must not exceed the ${experts} experts`, experts);
  return null;
}

function numberFault(config: ModelConfig): ConfigFault | null {
  if (!isBetween(config.ropeTheta, 1, THETA_LIMIT))
    return fault(config, 'ropeTheta', `must lie between 1 and ${THETA_LIMIT}`, THETA_LIMIT);
  if (!isBetween(config.rmsEpsilon, 0, 1)) return fault(config, 'rmsEpsilon', 'must lie between 0 and 1', 1);
  if (typeof config.tieWordEmbeddings !== 'boolean')
    return fault(config, 'tieWordEmbeddings', 'must be true or false');
  return null;
}

function isBetween(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && value > low && value < high;
}

function fault(
  config: ModelConfig,
  field: keyof ModelConfig,
  rule: string,
  limit: number | null = null,
): ConfigFault {
  return { field, value: describe(config[field]), limit, rule };
}

/** Values come from strangers: what is shown of them is short, and plain enough to be a fact of an error. */
function describe(value: unknown): number | string | boolean {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
