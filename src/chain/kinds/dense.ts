import type { BlockKind } from './kinds.js';
import { named, parameterBlock } from './parameters.js';

/** Weights that every token passes: `embedding`, `head`, `layer{l}.attention`. */
export const dense: BlockKind = {
  chain: 'B',
  type: 'dense',
  rules: [parameterBlock, named(/^(embedding|head|layer(?<layer>0|[1-9]\d{0,4})\.attention)$/)],
};
