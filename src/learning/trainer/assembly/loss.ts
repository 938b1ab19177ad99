import { exp4, maxLanes, splat, sumLanes, log64 } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { number, rowOf, word } from './operation';

/**
 * Cross-entropy of every row of logits against its target, and in place of the logits its gradient times a factor.
 * Words: logits, rows, columns (a multiple of 4), i32 targets, f64 [rows] losses (natural logarithm), factor (0: no gradient).
 */
export function crossEntropy(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 1);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) entropyRow(operation, r);
}

function entropyRow(operation: usize, r: i32): void {
  const columns = word(operation, 2);
  const bytes = <usize>columns << 2;
  const logits = rowOf(<usize>word(operation, 0), r, columns);
  const target = logits + (<usize>load<i32>(<usize>word(operation, 3) + (<usize>r << 2)) << 2);
  const wanted = load<f32>(target);
  let most = splat(-Infinity);
  for (let i: usize = 0; i < bytes; i += 16) most = f32x4.max(most, v128.load(logits + i));
  const greatest = maxLanes(most);
  const g = splat(greatest);
  let total = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const e = exp4(f32x4.sub(v128.load(logits + i), g));
    v128.store(logits + i, e);
    total = f32x4.add(total, e);
  }
  const sum = sumLanes(total);
  store<f64>(<usize>word(operation, 4) + (<usize>r << 3), log64(<f64>sum) + <f64>greatest - <f64>wanted);
  const factor = number(operation, 5);
  if (factor == 0) return;
  const f = splat(factor / sum);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(logits + i, f32x4.mul(v128.load(logits + i), f));
  store<f32>(target, load<f32>(target) - factor);
}
