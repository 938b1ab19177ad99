import { CodedError, err, ok, type Result } from '../../common/index.js';
import { ln } from '../../common/mathematics.js';
import type { ModelConfig } from '../model-config.js';
import type { Architecture, Yarn } from '../tensorblock/architecture.js';
import type { GgufFamily } from './families/index.js';
import type { GgufFault } from './families/family.js';
import type { GgufMetadata, GgufValue } from './gguf-format.js';

/** What llama.cpp's arrays hold. */
const MOST_LAYERS = 512;
const MOST_EXPERTS = 1024;
/** Bounds of YaRN's ramp in turns, which llama.cpp has in its code for these architectures. */
const BETA_FAST = 32;
const BETA_SLOW = 1;

/** An architecture in the words of llama.cpp. */
export interface GgufArchitecture {
  readonly metadata: GgufMetadata;
  /** What llama.cpp computes otherwise, for people. */
  readonly notes: readonly string[];
}

/**
 * Metadata of the architecture, its name (`general.architecture`) included. Refuses with `GGUF_CONFIG`, naming the member, what
 * llama.cpp cannot represent: a part that its code for this architecture has not or has otherwise, or a size beyond its own.
 */
export function ggufArchitecture(config: ModelConfig, family: GgufFamily): Result<GgufArchitecture> {
  const fault = findFault(config, family);
  if (fault !== undefined) return refuse(family, fault);
  const yarn = config.architecture?.yarn;
  const own = family.metadata?.(config) ?? [];
  const keyed = [...sizes(config), ...own, ...(yarn ? scaling(yarn) : [])];
  return ok({
    metadata: new Map([
      ['general.architecture', { type: 'string', value: family.architecture }],
      ...keyed.map(([key, value]) => [`${family.architecture}.${key}`, value] as const),
    ]),
    notes: yarn?.truncate === false ? [ROUNDED_RANGE] : [],
  });
}

const ROUNDED_RANGE =
  'llama.cpp rounds the bounds of the YaRN range to whole dimensions where this model does not (truncate false), as it does for published gpt-oss models';

function refuse({ architecture }: GgufFamily, { member, value, rule }: GgufFault): Result<never> {
  const shown = value === undefined ? 'absent' : JSON.stringify(value).slice(0, 100);
  const message = `llama.cpp cannot represent this model as ${architecture}: ${member} is ${shown}, it ${rule}`;
  return err(new CodedError('GGUF_CONFIG', message, { architecture, member, value: shown }));
}

function findFault(config: ModelConfig, family: GgufFamily): GgufFault | undefined {
  const { layers, experts, architecture } = config;
  const most = (member: string, value: number, limit: number) =>
    value > limit ? { member, value, rule: `must be at most ${limit}` } : undefined;
  return (
    most('layers', layers, MOST_LAYERS) ??
    most('experts', experts, MOST_EXPERTS) ??
    partsFault(architecture, family) ??
    yarnFault(architecture?.yarn) ??
    family.fault?.(config)
  );
}

/** The first part that the model has otherwise than llama.cpp's code. */
function partsFault(
  architecture: Architecture | undefined,
  { computes, varies }: GgufFamily,
): GgufFault | undefined {
  const { version: _, ...ours } = { version: 1, ...architecture };
  const [has, wants] = [ours, computes].map((parts) => new Map<string, unknown>(Object.entries(parts)));
  for (const part of new Set([...has.keys(), ...wants.keys()])) {
    if ((varies as readonly string[]).includes(part)) continue;
    const [value, wanted] = [has.get(part), wants.get(part)];
    if (canonical(value) === canonical(wanted)) continue;
    const rule = wanted === undefined ? 'must be absent' : `must be ${JSON.stringify(wanted)}`;
    return { member: `architecture.${part}`, value, rule };
  }
  return undefined;
}

/** Equal for equal values, whatever the order of their members. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function yarnFault(yarn: Yarn | undefined): GgufFault | undefined {
  if (yarn === undefined) return undefined;
  const fixed = (name: 'betaFast' | 'betaSlow', value: number) =>
    yarn[name] === value
      ? undefined
      : { member: `architecture.yarn.${name}`, value: yarn[name], rule: `must be ${value}` };
  return fixed('betaFast', BETA_FAST) ?? fixed('betaSlow', BETA_SLOW);
}

type Entry = readonly [key: string, value: GgufValue];

const uint32 = (key: string, value: number): Entry => [key, { type: 'uint32', value }];
const float32 = (key: string, value: number): Entry => [key, { type: 'float32', value }];

function sizes(config: ModelConfig): Entry[] {
  return [
    uint32('vocab_size', config.vocabSize),
    uint32('context_length', config.maxPositions),
    uint32('embedding_length', config.hiddenSize),
    uint32('block_count', config.layers),
    uint32('feed_forward_length', config.expertHiddenSize),
    uint32('attention.head_count', config.heads),
    uint32('attention.head_count_kv', config.kvHeads),
    uint32('attention.key_length', config.headDim),
    uint32('attention.value_length', config.headDim),
    float32('attention.layer_norm_rms_epsilon', config.rmsEpsilon),
    uint32('rope.dimension_count', config.headDim),
    float32('rope.freq_base', config.ropeTheta),
    uint32('expert_count', config.experts),
    uint32('expert_used_count', config.expertsPerToken),
  ];
}

/** llama.cpp multiplies cosines and sines by 0.1 ln(factor) + 1 itself, and by `attn_factor`. */
function scaling({ factor, originalPositions, attentionFactor }: Yarn): Entry[] {
  const usual = 0.1 * ln(factor) + 1;
  return [
    ['rope.scaling.type', { type: 'string', value: 'yarn' }],
    float32('rope.scaling.factor', factor),
    uint32('rope.scaling.original_context_length', originalPositions),
    float32('rope.scaling.yarn_beta_fast', BETA_FAST),
    float32('rope.scaling.yarn_beta_slow', BETA_SLOW),
    ...(attentionFactor === undefined ? [] : [float32('rope.scaling.attn_factor', attentionFactor / usual)]),
  ];
}
