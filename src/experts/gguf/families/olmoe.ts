import { NORMALISED_HEADS_NAMES, type GgufFamily } from './family.js';

/** OLMoE: llama.cpp takes queries, keys and their norms to be as wide as the model, and never scales the factors of the experts. */
export const olmoe: GgufFamily = {
  architecture: 'olmoe',
  computes: { queryKeyNorm: 'width', routerSoftmax: 'all' },
  varies: [],
  fault: ({ hiddenSize, heads, kvHeads, headDim }) => {
    if (kvHeads !== heads) return { member: 'kvHeads', value: kvHeads, rule: `must be the ${heads} heads` };
    if (heads * headDim === hiddenSize) return undefined;
    return { member: 'headDim', value: headDim, rule: `times ${heads} heads must be ${hiddenSize}` };
  },
  names: NORMALISED_HEADS_NAMES,
};
