import { planBlocks, type PlannedBlock } from '../blocks/tensor-plan.js';
import type { CheckpointConfig } from '../checkpoint/checkpoint-config.js';
import { originNames, originOf, type TensorOrigin } from '../tensorblock/families/index.js';
import type { BlockTensor } from '../tensorblock/model-blocks.js';

/** One tensor of a block and where the checkpoint keeps what it is made from. */
export interface CheckpointTensor extends BlockTensor {
  readonly origin: TensorOrigin;
}

/** One block that an import makes of a checkpoint. */
export interface CheckpointBlock extends PlannedBlock {
  readonly tensors: readonly CheckpointTensor[];
}

/** Tensors of a checkpoint that hold nothing but what the configuration says already. */
const REDUNDANT = /^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/;

/** The blocks of a model with the origin of every tensor. A pure function of the configuration. */
export function planCheckpoint({ family, config, mxfp4 }: CheckpointConfig): readonly CheckpointBlock[] {
  const { experts, tieWordEmbeddings } = config;
  const form = { experts, tieWordEmbeddings, mxfp4 };
  return planBlocks(config).map((block) => ({
    ...block,
    tensors: block.tensors.map((tensor) => {
      const place = { block: block.name, tensor: tensor.name };
      return { ...tensor, origin: originOf(family, form, place) };
    }),
  }));
}

/** Tensors of the checkpoint that no block takes in; weights that would be dropped silently. */
export function unusedTensors(
  names: Iterable<string>,
  blocks: readonly CheckpointBlock[],
): readonly string[] {
  const used = new Set(blocks.flatMap(({ tensors }) => tensors.flatMap(({ origin }) => originNames(origin))));
  return [...names].filter((name) => !used.has(name) && !REDUNDANT.test(name));
}
