import { unwrap } from '../../common/index.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import type { ReleaseModel } from './release-model.js';

/** The float32 values of a tensor. Throws where the model has no such tensor. */
export function tensorValues({ blocks }: ReleaseModel, block: string, tensor: string): Float32Array {
  const source = blocks.get(block);
  const entry = source?.tensors.find(({ name }) => name === tensor);
  if (source === undefined || entry === undefined) throw new Error(`the model has no ${block}/${tensor}`);
  const { offset, length, rows } = entry;
  return unwrap(TensorBlock.decode(source.payload.subarray(offset, offset + length))).rows(0, rows);
}
