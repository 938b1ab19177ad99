import type { BlockKind } from './kinds.js';
import { named, parameterBlock } from './parameters.js';

/** One layer's router, named `layer{l}.router`. */
export const router: BlockKind = {
  chain: 'B',
  type: 'router',
  rules: [parameterBlock, named(/^layer(?<layer>0|[1-9]\d{0,4})\.router$/)],
};
