import { SHARED_NAMES, type GgufFamily } from './family.js';

/**
 * gpt-oss: biases, sinks and the clamped SwiGLU are in llama.cpp's code; windows are a width and a flag per layer, and at least
 * one layer must have one.
 */
export const gptOss: GgufFamily = {
  architecture: 'gpt-oss',
  computes: {
    attentionBias: true,
    attentionSinks: true,
    routerBias: true,
    expertBias: true,
    clampedSwiglu: { alpha: 1.702, limit: 7 },
  },
  varies: ['slidingWindow', 'yarn'],
  fault: ({ architecture }) =>
    architecture?.slidingWindow === undefined
      ? { member: 'architecture.slidingWindow', value: undefined, rule: 'must be present' }
      : undefined,
  metadata: ({ architecture, expertHiddenSize, layers }) => {
    const { positions = 0, layers: windowed = [] } = architecture?.slidingWindow ?? {};
    const pattern = Array.from({ length: layers }, (_, layer) => windowed.includes(layer));
    return [
      ['expert_feed_forward_length', { type: 'uint32', value: expertHiddenSize }],
      ['attention.sliding_window', { type: 'uint32', value: positions }],
      ['attention.sliding_window_pattern', { type: 'bools', value: pattern }],
    ];
  },
  names: {
    ...SHARED_NAMES,
    'attention.q_bias': 'attn_q.bias',
    'attention.k_bias': 'attn_k.bias',
    'attention.v_bias': 'attn_v.bias',
    'attention.o_bias': 'attn_output.bias',
    'attention.sinks': 'attn_sinks.weight',
    'router.norm': 'post_attention_norm.weight',
    'router.bias': 'ffn_gate_inp.bias',
    'expert.gate_bias': 'ffn_gate_exps.bias',
    'expert.up_bias': 'ffn_up_exps.bias',
    'expert.down_bias': 'ffn_down_exps.bias',
  },
};
