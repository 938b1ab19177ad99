import type { BlockKind } from './kinds.js';
import { named, parameterBlock } from './parameters.js';

/** The weights of one expert, named `layer{l}.expert{e}`. */
export const expert: BlockKind = {
  chain: 'B',
  type: 'expert',
  rules: [parameterBlock, named(/^layer(?<layer>0|[1-9]\d{0,4})\.expert(0|[1-9]\d{0,5})$/)],
};
