import type { ModelConfig } from '../../model-config.js';
import { SHARED_NAMES, type GgufFamily, type RowOrder } from './family.js';

/**
 * Mixtral is llama.cpp's architecture `llama` with experts. That architecture rotates neighbouring pairs (2i, 2i + 1) of a head
 * where checkpoints, and our blocks, pair i with i + headDim / 2: the rows of q and k are put into that order.
 */
export const mixtral: GgufFamily = {
  architecture: 'llama',
  computes: {},
  varies: [],
  names: SHARED_NAMES,
  rowOrders: { 'attention.q': neighbouringPairs, 'attention.k': neighbouringPairs },
};

/** Rows 2i and 2i + 1 of a head in the file are rows i and i + headDim / 2 of ours. */
function neighbouringPairs({ headDim }: ModelConfig): RowOrder {
  return { period: headDim, source: (row) => (row >> 1) + (row & 1) * (headDim / 2) };
}
