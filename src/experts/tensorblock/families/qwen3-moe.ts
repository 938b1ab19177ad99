import type { Architecture } from '../architecture.js';
import type { ConfigReader } from './config-reader.js';
import { dividedHead, NORMALISED_HEADS_TENSORS, readShared, type Family } from './family.js';
import { readRope } from './rope.js';

/** Qwen3-MoE (Qwen team 2025): heads are normalised one by one. Defaults are those of transformers' `Qwen3MoeConfig`. */
export const qwen3Moe: Family = {
  name: 'qwen3_moe',
  architecture: 'Qwen3MoeForCausalLM',
  read(config) {
    refuseDenseLayers(config);
    config.fixed('attention_bias', false);
    config.fixed('use_sliding_window', false);
    config.withoutEffect('sliding_window', 'max_window_layers');
    const { theta, yarn } = readRope(config, 1e4, ['default', 'yarn']);
    const architecture: Architecture = {
      version: 1,
      queryKeyNorm: 'head',
      ...(yarn && { yarn }),
      ...(!config.flag('norm_topk_prob', false) && { routerSoftmax: 'all' }),
    };
    return {
      config: {
        ...readShared(config, 1e-6),
        experts: config.value('num_experts', 128),
        expertsPerToken: config.value('num_experts_per_tok', 8),
        expertHiddenSize: config.value('moe_intermediate_size', 768),
        kvHeads: config.value('num_key_value_heads', 4),
        headDim: config.value('head_dim', dividedHead(config)),
        ropeTheta: theta,
        architecture,
      },
    };
  },
  tensors: NORMALISED_HEADS_TENSORS,
};

/** Every layer must be a mixture; then the width of dense layers (`intermediate_size`) is nobody's. */
function refuseDenseLayers(config: ConfigReader): void {
  config.fixed('decoder_sparse_step', 1);
  const dense = config.value('mlp_only_layers', []);
  if (!Array.isArray(dense) || dense.length > 0) config.refuse('mlp_only_layers', 'supported is []');
  config.withoutEffect('intermediate_size');
}
