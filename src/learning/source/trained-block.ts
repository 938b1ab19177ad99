import { concatBytes } from '../../common/index.js';
import type { TensorEntry } from '../../experts/blocks/tensor-directory.js';
import { encodeTensorBlock } from '../../experts/tensorblock/index.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import type { WeightValues } from '../trainer/model-weights.js';
import type { ReleaseModel } from './release-model.js';

/** The payload of a block of weights and where its tensors lie. */
export interface TrainedBlock {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly tensors: readonly TensorEntry[];
}

/** A block with new values, stored as the block it comes from: a release keeps one precision. */
export function encodeTrainedBlock(model: ReleaseModel, name: string, valuesOf: WeightValues): TrainedBlock {
  const uses = new Map(
    describeBlocks(model.config)
      .find((block) => block.name === name)
      ?.tensors.map((tensor) => [tensor.name, tensor.use]),
  );
  const parts: Uint8Array[] = [];
  let offset = 0;
  const tensors = (model.blocks.get(name)?.tensors ?? []).map((entry): TensorEntry => {
    const { name: tensor, rows, columns, dtype } = entry;
    const layout = uses.get(tensor) === 'matrix' ? 'tile16' : 'rowMajor';
    const part = encodeTensorBlock({ dtype, layout, rows, columns }, valuesOf(name, tensor));
    parts.push(part);
    const placed = { ...entry, offset, length: part.length };
    offset += part.length;
    return placed;
  });
  return { name, payload: concatBytes(...parts), tensors };
}
