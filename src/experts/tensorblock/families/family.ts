import type { ConfigReader } from './config-reader.js';

/** What a family's file says: how its `config.json` is read and where its checkpoints keep the tensors. */
export interface Family {
  /** `model_type` of config.json and `family` of the meta block. */
  readonly name: string;
  /** `architectures[0]` of config.json. */
  readonly architecture: string;
  /** Reads config.json; every member is looked at, refused or declared to be without effect. */
  read(config: ConfigReader): FamilyReading;
  /** Where the tensors lie, by `<kind of block>.<tensor>`. */
  readonly tensors: Readonly<Record<string, TensorPattern>>;
}

/** A configuration that was read; members of wrong kinds are refused when the whole is checked. */
export interface FamilyReading {
  /** Members of `ModelConfig`, but for the family. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether the experts' matrices are stored as MXFP4 blocks and scales. */
  readonly mxfp4?: boolean;
}

/** Where a tensor lies: a name in which {layer} and {expert} stand for numbers, or a part of a tensor of all experts. */
export type TensorPattern = string | FusedPattern;

/**
 * A tensor that holds a matrix or a bias of all experts: [experts, columns, outputs], [experts, outputs] or, as MXFP4,
 * [experts, outputs, columns / 32, 16]. Row (bias: element) r of ours is output `offset + stride × r`.
 */
export interface FusedPattern {
  readonly name: string;
  readonly form: 'matrix' | 'bias';
  readonly stride: number;
  readonly offset: number;
}

/** The names that the four families share. */
export const SHARED_TENSORS: Readonly<Record<string, string>> = {
  'embedding.weight': 'model.embed_tokens.weight',
  'attention.norm': 'model.layers.{layer}.input_layernorm.weight',
  'attention.q': 'model.layers.{layer}.self_attn.q_proj.weight',
  'attention.k': 'model.layers.{layer}.self_attn.k_proj.weight',
  'attention.v': 'model.layers.{layer}.self_attn.v_proj.weight',
  'attention.o': 'model.layers.{layer}.self_attn.o_proj.weight',
  'router.norm': 'model.layers.{layer}.post_attention_layernorm.weight',
  'head.norm': 'model.norm.weight',
  'head.weight': 'lm_head.weight',
};

/** The names of models that normalise queries and keys and keep each expert's matrices under `mlp.experts`. */
export const NORMALISED_HEADS_TENSORS: Readonly<Record<string, string>> = {
  ...SHARED_TENSORS,
  'attention.q_norm': 'model.layers.{layer}.self_attn.q_norm.weight',
  'attention.k_norm': 'model.layers.{layer}.self_attn.k_norm.weight',
  'router.weight': 'model.layers.{layer}.mlp.gate.weight',
  'expert.gate': 'model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight',
  'expert.up': 'model.layers.{layer}.mlp.experts.{expert}.up_proj.weight',
  'expert.down': 'model.layers.{layer}.mlp.experts.{expert}.down_proj.weight',
};

/** The members of config.json that all four families read alike. */
export function readShared(config: ConfigReader, rmsEpsilon: number): Record<string, unknown> {
  config.fixed('hidden_act', 'silu');
  return {
    hiddenSize: config.value('hidden_size'),
    layers: config.value('num_hidden_layers'),
    heads: config.value('num_attention_heads'),
    vocabSize: config.value('vocab_size'),
    maxPositions: config.value('max_position_embeddings'),
    rmsEpsilon: config.value('rms_norm_eps', rmsEpsilon),
    tieWordEmbeddings: config.value('tie_word_embeddings', false),
  };
}

/** The width of a head where the configuration does not say it. */
export function dividedHead(config: ConfigReader): number {
  return Number(config.value('hidden_size')) / Number(config.value('num_attention_heads'));
}
