// What blocks of weights hold is said once, beside their format.
export {
  attentionTensors,
  describeBlocks,
  embeddingTensors,
  expertTensors,
  headTensors,
  routerTensors,
  type BlockDescription,
} from '../../experts/tensorblock/model-blocks.js';
