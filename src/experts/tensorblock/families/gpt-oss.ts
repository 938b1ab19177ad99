import type { Architecture, SlidingWindow } from '../architecture.js';
import type { ConfigReader } from './config-reader.js';
import { readShared, SHARED_TENSORS, type Family, type FusedPattern } from './family.js';
import { readRope } from './rope.js';

const ATTENTION = 'model.layers.{layer}.self_attn';
const EXPERTS = 'model.layers.{layer}.mlp.experts';
/** Slope of the sigmoid; transformers has no member for it. */
const ALPHA = 1.702;
/** What every published checkpoint leaves in BF16. */
const NOT_CONVERTED = [
  'model.layers.*.self_attn',
  'model.layers.*.mlp.router',
  'model.embed_tokens',
  'lm_head',
];

/**
 * gpt-oss (OpenAI 2025): sinks, alternating windows, YaRN, biases and a clamped SwiGLU; gate and up interleave in one tensor
 * of all experts. Defaults are those of transformers' `GptOssConfig`.
 */
export const gptOss: Family = {
  name: 'gpt_oss',
  architecture: 'GptOssForCausalLM',
  read(config) {
    config.fixed('attention_bias', true);
    const { theta, yarn } = readRope(config, 150_000, ['default', 'yarn']);
    if (yarn) config.fixed('initial_context_length', yarn.originalPositions);
    const expertsPerToken = config.value('num_experts_per_tok', 4);
    config.fixed('experts_per_token', expertsPerToken);
    const slidingWindow = readWindow(config);
    const architecture: Architecture = {
      version: 1,
      attentionBias: true,
      attentionSinks: true,
      ...(slidingWindow && { slidingWindow }),
      ...(yarn && { yarn }),
      routerBias: true,
      expertBias: true,
      clampedSwiglu: { alpha: ALPHA, limit: config.value('swiglu_limit', 7) as number },
    };
    return {
      config: {
        ...readShared(config, 1e-5),
        experts: config.value('num_local_experts', 128),
        expertsPerToken,
        expertHiddenSize: config.value('intermediate_size', 2880),
        kvHeads: config.value('num_key_value_heads', 8),
        headDim: config.value('head_dim', 64),
        ropeTheta: theta,
        architecture,
      },
      mxfp4: readQuantization(config),
    };
  },
  tensors: {
    ...SHARED_TENSORS,
    'attention.q_bias': `${ATTENTION}.q_proj.bias`,
    'attention.k_bias': `${ATTENTION}.k_proj.bias`,
    'attention.v_bias': `${ATTENTION}.v_proj.bias`,
    'attention.o_bias': `${ATTENTION}.o_proj.bias`,
    'attention.sinks': `${ATTENTION}.sinks`,
    'router.weight': 'model.layers.{layer}.mlp.router.weight',
    'router.bias': 'model.layers.{layer}.mlp.router.bias',
    'expert.gate': part('gate_up_proj', 'matrix', 2, 0),
    'expert.up': part('gate_up_proj', 'matrix', 2, 1),
    'expert.down': part('down_proj', 'matrix', 1, 0),
    'expert.gate_bias': part('gate_up_proj_bias', 'bias', 2, 0),
    'expert.up_bias': part('gate_up_proj_bias', 'bias', 2, 1),
    'expert.down_bias': part('down_proj_bias', 'bias', 1, 0),
  },
};

function part(name: string, form: FusedPattern['form'], stride: number, offset: number): FusedPattern {
  return { name: `${EXPERTS}.${name}`, form, stride, offset };
}

/** The layers with a window; without `layer_types` every other one has it, the first included. */
function readWindow(config: ConfigReader): SlidingWindow | undefined {
  const count = Number(config.value('num_hidden_layers'));
  const alternating = (_: unknown, layer: number) =>
    layer % 2 === 0 ? 'sliding_attention' : 'full_attention';
  const types = config.value('layer_types', Array.from({ length: Math.min(count, 1024) || 0 }, alternating));
  const known: unknown[] = ['sliding_attention', 'full_attention'];
  if (!Array.isArray(types) || types.length !== count || !types.every((type) => known.includes(type))) {
    config.refuse('layer_types', `supported are ${count} times sliding_attention or full_attention`);
    return undefined;
  }
  const positions = config.value('sliding_window', 128) as number;
  const layers = types.flatMap((type, layer) => (type === 'sliding_attention' ? [layer] : []));
  return layers.length === 0 ? undefined : { positions, layers };
}

/** Whether the experts are stored as MXFP4; refuses every other quantisation. */
function readQuantization(config: ConfigReader): boolean {
  const quantization = config.value('quantization_config');
  if (quantization === undefined) return false;
  const {
    quant_method: method,
    modules_to_not_convert: kept,
    ...rest
  } = Object(quantization) as Record<string, unknown>;
  const plain = kept ?? NOT_CONVERTED;
  const sound =
    method === 'mxfp4' &&
    Object.values(rest).every((value) => value === null) &&
    Array.isArray(plain) &&
    [...(plain as unknown[])].sort().join() === [...NOT_CONVERTED].sort().join();
  if (!sound) {
    const allowed = `supported is quant_method mxfp4 with modules_to_not_convert ${JSON.stringify(NOT_CONVERTED)}`;
    config.refuse('quantization_config', allowed);
  }
  return true;
}
