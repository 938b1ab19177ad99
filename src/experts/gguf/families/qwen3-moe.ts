import { NORMALISED_HEADS_NAMES, type GgufFamily } from './family.js';

/** Qwen3-MoE: llama.cpp always divides the factors of the chosen experts by their sum, as the published models ask. */
export const qwen3Moe: GgufFamily = {
  architecture: 'qwen3moe',
  computes: { queryKeyNorm: 'head' },
  varies: ['yarn'],
  metadata: ({ expertHiddenSize }) => [
    ['expert_feed_forward_length', { type: 'uint32', value: expertHiddenSize }],
  ],
  names: NORMALISED_HEADS_NAMES,
};
