import { dividedHead, readShared, SHARED_TENSORS, type Family } from './family.js';
import { readRope } from './rope.js';

const EXPERT = 'model.layers.{layer}.block_sparse_moe.experts.{expert}';

/** Mixtral (Jiang et al. 2024). Defaults are those of transformers' `MixtralConfig`. */
export const mixtral: Family = {
  name: 'mixtral',
  architecture: 'MixtralForCausalLM',
  read(config) {
    config.fixed('attention_bias', false);
    config.fixed('mlp_bias', false);
    config.fixed('norm_topk_prob', true);
    return {
      config: {
        ...readShared(config, 1e-5),
        experts: config.value('num_local_experts', 8),
        expertsPerToken: config.value('num_experts_per_tok', 2),
        expertHiddenSize: config.value('intermediate_size'),
        kvHeads: config.value('num_key_value_heads', config.value('num_attention_heads')),
        headDim: config.value('head_dim', dividedHead(config)),
        ropeTheta: readRope(config, 1e6).theta,
      },
    };
  },
  tensors: {
    ...SHARED_TENSORS,
    'router.weight': 'model.layers.{layer}.block_sparse_moe.gate.weight',
    'expert.gate': `${EXPERT}.w1.weight`,
    'expert.up': `${EXPERT}.w3.weight`,
    'expert.down': `${EXPERT}.w2.weight`,
  },
};
