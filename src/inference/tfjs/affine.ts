import type { BlockTensors } from './block-tensors.js';
import type { Tensor1D, Tensor2D, Tf } from './tensor-library.js';

/** x × matrix, and its bias where the block has one (`<tensor>_bias`). @param x [rows, inputs] */
export function affine(tf: Tf, block: BlockTensors, tensor: string, x: Tensor2D): Tensor2D {
  const product: Tensor2D = tf.matMul(x, block.get<Tensor2D>(tensor));
  const bias = block.optional<Tensor1D>(`${tensor}_bias`);
  return bias === null ? product : tf.add(product, bias);
}
