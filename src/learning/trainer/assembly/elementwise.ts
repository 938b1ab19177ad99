import { splat } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { addScaled } from './gemm';
import { number, rowOf, word } from './operation';

/** x += factor y. Words: x, y, elements (padded to 4), factor. */
export function add(operation: usize, piece: i32, pieces: i32): void {
  const units = (word(operation, 2) + 3) >> 2;
  const first = <usize>shareStart(units, piece, pieces) << 4;
  const end = <usize>shareStart(units, piece + 1, pieces) << 4;
  addScaled(<usize>word(operation, 0) + first, <usize>word(operation, 1) + first, number(operation, 3), end - first);
}

/** x = value. Words: x, -, elements (padded to 4), value. */
export function fill(operation: usize, piece: i32, pieces: i32): void {
  const units = (word(operation, 2) + 3) >> 2;
  const value = splat(number(operation, 3));
  const end = <usize>shareStart(units, piece + 1, pieces) << 4;
  for (let i = <usize>shareStart(units, piece, pieces) << 4; i < end; i += 16) v128.store(<usize>word(operation, 0) + i, value);
}

/** Every row of x gets the bias added. Words: x, bias, rows, columns. */
export function addBias(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 2);
  const columns = word(operation, 3);
  const bias = <usize>word(operation, 1);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    const x = rowOf(<usize>word(operation, 0), r, columns);
    for (let i: usize = 0; i < <usize>columns << 2; i += 4) store<f32>(x + i, load<f32>(x + i) + load<f32>(bias + i));
  }
}

/** dbias += sum of the rows, by columns. Words: dy, dbias, rows, columns. */
export function biasGradient(operation: usize, piece: i32, pieces: i32): void {
  const columns = word(operation, 3);
  const first = <usize>shareStart(columns, piece, pieces) << 2;
  const end = <usize>shareStart(columns, piece + 1, pieces) << 2;
  for (let r = 0; r < word(operation, 2); r++) {
    const dy = rowOf(<usize>word(operation, 0), r, columns);
    for (let i = first; i < end; i += 4) {
      const place = <usize>word(operation, 1) + i;
      store<f32>(place, load<f32>(place) + load<f32>(dy + i));
    }
  }
}
