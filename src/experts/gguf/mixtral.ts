import type { ModelConfig } from '../model-config.js';
import type { GgufFamily, GgufTensorPlan, RowOrder } from './gguf-family.js';
import type { GgufValue } from './gguf-format.js';

const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
const float32 = (value: number): GgufValue => ({ type: 'float32', value });

/**
 * Mixtral is llama.cpp's architecture `llama` with experts. That architecture rotates neighbouring pairs (2i, 2i + 1) of a head
 * where checkpoints, and our blocks, pair i with i + headDim / 2: the rows of q and k are put into that order.
 */
export const mixtral: GgufFamily = {
  metadata: (config) =>
    new Map<string, GgufValue>([
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['llama.vocab_size', uint32(config.vocabSize)],
      ['llama.context_length', uint32(config.maxPositions)],
      ['llama.embedding_length', uint32(config.hiddenSize)],
      ['llama.block_count', uint32(config.layers)],
      ['llama.feed_forward_length', uint32(config.expertHiddenSize)],
      ['llama.attention.head_count', uint32(config.heads)],
      ['llama.attention.head_count_kv', uint32(config.kvHeads)],
      ['llama.attention.key_length', uint32(config.headDim)],
      ['llama.attention.value_length', uint32(config.headDim)],
      ['llama.attention.layer_norm_rms_epsilon', float32(config.rmsEpsilon)],
      ['llama.rope.dimension_count', uint32(config.headDim)],
      ['llama.rope.freq_base', float32(config.ropeTheta)],
      ['llama.expert_count', uint32(config.experts)],
      ['llama.expert_used_count', uint32(config.expertsPerToken)],
    ]),
  tensors: (config) => [
    ...dense(config),
    ...Array.from({ length: config.layers }, (_, layer) => layerTensors(config, layer)).flat(),
  ],
};

function dense({ hiddenSize, vocabSize }: ModelConfig): GgufTensorPlan[] {
  return [
    plan('token_embd.weight', [hiddenSize, vocabSize], 'embedding', 'weight'),
    plan('output_norm.weight', [hiddenSize], 'head', 'norm'),
    plan('output.weight', [hiddenSize, vocabSize], 'head', 'weight'),
  ];
}

function layerTensors(config: ModelConfig, layer: number): GgufTensorPlan[] {
  const { hiddenSize, heads, kvHeads, headDim, experts } = config;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const [attention, router] = [`layer${layer}.attention`, `layer${layer}.router`];
  const at = (name: string) => `blk.${layer}.${name}.weight`;
  const rowOrder = neighbouringPairs(headDim);
  return [
    plan(at('attn_norm'), [hiddenSize], attention, 'norm'),
    { ...plan(at('attn_q'), [hiddenSize, queries], attention, 'q'), rowOrder },
    { ...plan(at('attn_k'), [hiddenSize, keys], attention, 'k'), rowOrder },
    plan(at('attn_v'), [hiddenSize, keys], attention, 'v'),
    plan(at('attn_output'), [queries, hiddenSize], attention, 'o'),
    plan(at('ffn_norm'), [hiddenSize], router, 'norm'),
    plan(at('ffn_gate_inp'), [hiddenSize, experts], router, 'weight'),
    ...expertTensors(config, layer, at),
  ];
}

/** The matrices of all experts of a layer, stacked. */
function expertTensors(config: ModelConfig, layer: number, at: (name: string) => string): GgufTensorPlan[] {
  const { hiddenSize, expertHiddenSize, experts } = config;
  const stacked = (name: string, tensor: string, columns: number, rows: number): GgufTensorPlan => ({
    name: at(name),
    dimensions: [columns, rows, experts],
    sources: Array.from({ length: experts }, (_, expert) => ({
      block: `layer${layer}.expert${expert}`,
      tensor,
    })),
  });
  return [
    stacked('ffn_gate_exps', 'gate', hiddenSize, expertHiddenSize),
    stacked('ffn_up_exps', 'up', hiddenSize, expertHiddenSize),
    stacked('ffn_down_exps', 'down', expertHiddenSize, hiddenSize),
  ];
}

/** Rows 2i and 2i + 1 of a head in the file are rows i and i + headDim / 2 of ours. */
function neighbouringPairs(headDim: number): RowOrder {
  return { period: headDim, source: (row) => (row >> 1) + (row & 1) * (headDim / 2) };
}

function plan(name: string, dimensions: number[], block: string, tensor: string): GgufTensorPlan {
  return { name, dimensions, sources: [{ block, tensor }] };
}
