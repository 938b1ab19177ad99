import { CodedError, err, ok, type Result } from '../../../common/index.js';
import type { OpenBlock } from './weights.js';

const { fround } = Math;

/** A whole product with its bias, where the block has one (`<tensor>_bias`): the product is complete before the bias is added. */
export function affine(block: OpenBlock, tensor: string, input: Float32Array): Result<Float32Array> {
  const matrix = block.matrix(tensor);
  if (!matrix.ok) return matrix;
  const bias = block.row(`${tensor}_bias`);
  if (!bias.ok) return bias;
  const out = new Float32Array(matrix.value.rows);
  for (let row = 0; row < out.length; row++) out[row] = matrix.value.product(row, input);
  return ok(bias.value === null ? out : add(out, bias.value));
}

/** x + y, element by element. */
export function add(x: Float32Array, y: Float32Array): Float32Array {
  return x.map((value, i) => value + y[i]);
}

/** x + factor * y: one multiplication, one addition. */
export function addScaled(x: Float32Array, factor: number, y: Float32Array): Float32Array {
  return x.map((value, i) => value + fround(factor * y[i]));
}

/** A vector that the block must hold. */
export function vectorOf(block: OpenBlock, tensor: string): Result<Float32Array> {
  const row = block.row(tensor);
  if (!row.ok) return row;
  if (row.value !== null) return ok(row.value);
  return err(new CodedError('DISPUTE_WEIGHTS', `a block holds no ${tensor}`, { tensor }));
}
