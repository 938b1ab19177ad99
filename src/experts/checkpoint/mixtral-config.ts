import { CodedError, err, type Result } from '../../common/index.js';
import { parseModelConfig, type ModelConfig } from '../model-config.js';

/** Members of config.json that change nothing about inference. */
const WITHOUT_EFFECT = new Set([
  '_name_or_path',
  '_attn_implementation_autoset',
  'architectures',
  'attention_dropout',
  'bos_token_id',
  'dtype',
  'eos_token_id',
  'initializer_range',
  'model_type',
  'output_attentions',
  'output_hidden_states',
  'output_router_logits',
  'pad_token_id',
  'return_dict',
  'router_aux_loss_coef',
  'router_jitter_noise',
  'torch_dtype',
  'transformers_version',
  'unsloth_version',
  'use_cache',
]);

/** Members that are read. */
const READ = new Set([
  'head_dim',
  'hidden_size',
  'intermediate_size',
  'max_position_embeddings',
  'num_attention_heads',
  'num_experts_per_tok',
  'num_hidden_layers',
  'num_key_value_heads',
  'num_local_experts',
  'rms_norm_eps',
  'rope_parameters',
  'rope_theta',
  'tie_word_embeddings',
  'vocab_size',
]);

/** Members with the one value that is supported (besides null and absence). */
const FIXED: Readonly<Record<string, unknown>> = {
  hidden_act: 'silu',
  attention_bias: false,
  mlp_bias: false,
  norm_topk_prob: true,
};

/** The defaults of transformers' `MixtralConfig`, for members that a config.json may leave out. */
const DEFAULTS = {
  num_experts_per_tok: 2,
  num_local_experts: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 1e6,
  tie_word_embeddings: false,
} as const;

/**
 * Translates a Hugging Face `config.json` of a Mixtral model. Refuses other architectures (`IMPORT_ARCHITECTURE`) and,
 * by name, every member that would change the arithmetic and is not supported (`IMPORT_CONFIG`): nothing is ignored
 * that is not known to be without effect.
 */
export function parseMixtralConfig(config: Record<string, unknown>): Result<ModelConfig> {
  const architecture = architectureOf(config);
  if (architecture !== 'MixtralForCausalLM') {
    const message = `architecture ${architecture} is not supported; supported is MixtralForCausalLM (model_type mixtral)`;
    return err(
      new CodedError('IMPORT_ARCHITECTURE', message, { architecture, supported: ['MixtralForCausalLM'] }),
    );
  }
  for (const [member, value] of Object.entries(config)) {
    if (value === null || value === undefined || WITHOUT_EFFECT.has(member) || READ.has(member)) continue;
    if (Object.hasOwn(FIXED, member) && FIXED[member] === value) continue;
    return err(configRefusal(member, value));
  }
  const theta = ropeTheta(config);
  return theta.ok ? parseModelConfig(translate(config, theta.value), 'IMPORT_CONFIG') : theta;
}

function translate(config: Record<string, unknown>, theta: unknown): Record<string, unknown> {
  const heads = config.num_attention_heads;
  return {
    family: 'mixtral',
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    experts: config.num_local_experts ?? DEFAULTS.num_local_experts,
    expertsPerToken: config.num_experts_per_tok ?? DEFAULTS.num_experts_per_tok,
    expertHiddenSize: config.intermediate_size,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headDim: config.head_dim ?? Number(config.hidden_size) / Number(heads),
    vocabSize: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    ropeTheta: theta,
    rmsEpsilon: config.rms_norm_eps ?? DEFAULTS.rms_norm_eps,
    tieWordEmbeddings: config.tie_word_embeddings ?? DEFAULTS.tie_word_embeddings,
  };
}

/** Newer configurations keep the base in `rope_parameters: {rope_type: default, rope_theta}`. */
function ropeTheta(config: Record<string, unknown>): Result<unknown> {
  const parameters = config.rope_parameters;
  if (parameters === null || parameters === undefined)
    return { ok: true, value: config.rope_theta ?? DEFAULTS.rope_theta };
  const { rope_type: type, rope_theta: theta, ...rest } = parameters as Record<string, unknown>;
  if (typeof parameters !== 'object' || (type ?? 'default') !== 'default' || Object.keys(rest).length > 0) {
    return err(configRefusal('rope_parameters', parameters));
  }
  return { ok: true, value: theta ?? config.rope_theta ?? DEFAULTS.rope_theta };
}

function architectureOf(config: Record<string, unknown>): string {
  const [first] = Array.isArray(config.architectures) ? (config.architectures as unknown[]) : [];
  if (typeof first === 'string') return first;
  return config.model_type === 'mixtral' ? 'MixtralForCausalLM' : String(config.model_type ?? 'unknown');
}

function configRefusal(member: string, value: unknown): CodedError {
  const shown = (JSON.stringify(value) ?? String(value)).slice(0, 100);
  const allowed = Object.hasOwn(FIXED, member)
    ? `supported is ${JSON.stringify(FIXED[member])}`
    : 'supported is null or absence';
  return new CodedError('IMPORT_CONFIG', `config.json: ${member} = ${shown} is not supported; ${allowed}`, {
    member,
  });
}
