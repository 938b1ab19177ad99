// RMSNorm (Zhang and Sennrich 2019): y = x f w with f = 1 / sqrt(mean(x^2) + epsilon), and its gradients.

import { splat, sumLanes } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { number, rowOf, word } from './operation';

/** f of one row. */
// @ts-ignore: decorator
@inline
function factorOf(x: usize, columns: i32, epsilon: f32): f32 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < <usize>columns << 2; i += 16) {
    const v = v128.load(x + i);
    sum = f32x4.add(sum, f32x4.mul(v, v));
  }
  return <f32>1 / sqrt<f32>(sumLanes(sum) / <f32>columns + epsilon);
}

/** Words: x, weight, y, rows, columns, epsilon. */
export function norm(operation: usize, piece: i32, pieces: i32): void {
  const weight = <usize>word(operation, 1);
  const rows = word(operation, 3);
  const columns = word(operation, 4);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    const x = rowOf(<usize>word(operation, 0), r, columns);
    const y = rowOf(<usize>word(operation, 2), r, columns);
    const f = splat(factorOf(x, columns, number(operation, 5)));
    for (let i: usize = 0; i < <usize>columns << 2; i += 16) {
      v128.store(y + i, f32x4.mul(f32x4.mul(v128.load(x + i), f), v128.load(weight + i)));
    }
  }
}

/** dx += f (w dy - x f^2 mean(w dy x)). Words: x, weight, dy, dx, rows, columns, epsilon. */
export function normBackward(operation: usize, piece: i32, pieces: i32): void {
  const weight = <usize>word(operation, 1);
  const rows = word(operation, 4);
  const columns = word(operation, 5);
  const bytes = <usize>columns << 2;
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    const x = rowOf(<usize>word(operation, 0), r, columns);
    const dy = rowOf(<usize>word(operation, 2), r, columns);
    const dx = rowOf(<usize>word(operation, 3), r, columns);
    const factor = factorOf(x, columns, number(operation, 6));
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      sum = f32x4.add(sum, f32x4.mul(f32x4.mul(v128.load(weight + i), v128.load(dy + i)), v128.load(x + i)));
    }
    const f = splat(factor);
    const back = splat((sumLanes(sum) / <f32>columns) * factor * factor);
    for (let i: usize = 0; i < bytes; i += 16) {
      const direct = f32x4.mul(v128.load(weight + i), v128.load(dy + i));
      const change = f32x4.mul(f, f32x4.sub(direct, f32x4.mul(v128.load(x + i), back)));
      v128.store(dx + i, f32x4.add(v128.load(dx + i), change));
    }
  }
}

/** Groups of four columns that can be shared out. */
export function normWeightUnits(operation: usize): i32 {
  return word(operation, 4) >> 2;
}

/** dw += sum over rows of dy x f, by columns. Words: x, dy, dw, rows, columns, epsilon, f32 [rows]: the factors. */
export function normWeightGradient(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 3);
  const columns = word(operation, 4);
  const factors = <usize>word(operation, 6);
  const units = normWeightUnits(operation);
  const first = <usize>shareStart(units, piece, pieces) << 4;
  const end = <usize>shareStart(units, piece + 1, pieces) << 4;
  const target = <usize>word(operation, 2);
  for (let r = 0; r < rows; r++) {
    const x = rowOf(<usize>word(operation, 0), r, columns);
    const dy = rowOf(<usize>word(operation, 1), r, columns);
    const f = v128.load32_splat(factors + (<usize>r << 2));
    for (let i = first; i < end; i += 16) {
      const part = f32x4.mul(f32x4.mul(v128.load(dy + i), v128.load(x + i)), f);
      v128.store(target + i, f32x4.add(v128.load(target + i), part));
    }
  }
}

/** f32 [rows]: f of every row, for the gradient of the weight. Same words as `normWeightGradient`; one thread. */
export function normFactors(operation: usize): void {
  const columns = word(operation, 4);
  for (let r = 0; r < word(operation, 3); r++) {
    const x = rowOf(<usize>word(operation, 0), r, columns);
    store<f32>(<usize>word(operation, 6) + (<usize>r << 2), factorOf(x, columns, number(operation, 5)));
  }
}
