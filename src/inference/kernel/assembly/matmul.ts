import { matmulF16, matmulF32 } from './matmul-float';
import { matmulInt4 } from './matmul-int4';
import { matmulInt8 } from './matmul-int8';
import { KIND_F16, KIND_INT4, KIND_INT8, KIND_INT8_SHORT } from './state';

/**
 * Rows 16 x `first` to 16 x `end` of a tile16 matrix [..][columns] times `count` rows of activations.
 * @param inputs u32 [count]: activation records  @param outputs u32 [count]: where output row 0 of each goes, f32
 * @param wide room for a row of tiles, this thread's own
 */
export function matmul(
  matrix: usize, kind: i32, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize,
  wide: usize,
): void {
  if (first >= end || count == 0) return;
  if (kind == KIND_INT8_SHORT) matmulInt8<u16>(matrix, first, end, columns, count, inputs, outputs, wide);
  else if (kind == KIND_INT8) matmulInt8<f32>(matrix, first, end, columns, count, inputs, outputs, wide);
  else if (kind == KIND_INT4) matmulInt4(matrix, first, end, columns, count, inputs, outputs);
  else if (kind == KIND_F16) matmulF16(matrix, first, end, columns, count, inputs, outputs);
  else matmulF32(matrix, first, end, columns, count, inputs, outputs);
}

/** First unit of thread `thread` when `units` are shared out evenly among `threads`. */
// @ts-ignore: decorator
@inline
export function shareStart(units: i32, thread: i32, threads: i32): i32 {
  return units * thread / threads;
}

/** Writes u32 [count] addresses: base, base + stride, … */
export function listAddresses(list: usize, base: usize, stride: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<usize>(list + (<usize>i << 2), base + <usize>i * stride);
}
