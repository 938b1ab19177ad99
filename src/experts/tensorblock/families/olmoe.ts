import type { Architecture } from '../architecture.js';
import { dividedHead, NORMALISED_HEADS_TENSORS, readShared, type Family } from './family.js';
import { readRope } from './rope.js';

/** OLMoE (Muennighoff et al. 2024): all heads are normalised together. Defaults are those of transformers' `OlmoeConfig`. */
export const olmoe: Family = {
  name: 'olmoe',
  architecture: 'OlmoeForCausalLM',
  read(config) {
    config.fixed('attention_bias', false);
    config.fixed('head_dim', dividedHead(config));
    const architecture: Architecture = {
      version: 1,
      queryKeyNorm: 'width',
      ...(!config.flag('norm_topk_prob', false) && { routerSoftmax: 'all' }),
    };
    return {
      config: {
        ...readShared(config, 1e-5),
        experts: config.value('num_experts', 64),
        expertsPerToken: config.value('num_experts_per_tok', 8),
        expertHiddenSize: config.value('intermediate_size', 2048),
        kvHeads: config.value('num_key_value_heads', config.value('num_attention_heads')),
        headDim: dividedHead(config),
        ropeTheta: readRope(config, 1e4).theta,
        architecture,
      },
    };
  },
  tensors: NORMALISED_HEADS_TENSORS,
};
