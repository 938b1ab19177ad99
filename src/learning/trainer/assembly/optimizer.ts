// AdamW (Loshchilov and Hutter 2019) and the norm that gradients are clipped by.

import { splat } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { number, word } from './operation';

const BLOCK = 4096; // values whose squares are summed together

/** Blocks of values. Words: values, f64 [blocks] sums, elements. */
export function squareUnits(operation: usize): i32 {
  return (word(operation, 2) + BLOCK - 1) / BLOCK;
}

/** The sum of squares of every block, in float64 and in order. */
export function sumSquares(operation: usize, piece: i32, pieces: i32): void {
  const elements = word(operation, 2);
  const units = squareUnits(operation);
  const end = shareStart(units, piece + 1, pieces);
  for (let block = shareStart(units, piece, pieces); block < end; block++) {
    let x = <usize>word(operation, 0) + <usize>block * BLOCK * 4;
    let sum: f64 = 0;
    for (const stop = x + (<usize>min(BLOCK, elements - block * BLOCK) << 2); x < stop; x += 4) {
      const value = <f64>load<f32>(x);
      sum += value * value;
    }
    store<f64>(<usize>word(operation, 1) + (<usize>block << 3), sum);
  }
}

/** Groups of four values, the last one padded. */
export function adamUnits(operation: usize): i32 {
  return (word(operation, 4) + 3) >> 2;
}

/**
 * One step. Words: values, gradient, first moment, second moment, elements, factor on the gradient, beta 1, beta 2, epsilon,
 * learning rate / (1 - beta1^t), 1 / (1 - beta2^t), learning rate x weight decay.
 */
export function adam(operation: usize, piece: i32, pieces: i32): void {
  const values = <usize>word(operation, 0);
  const gradient = <usize>word(operation, 1);
  const first = <usize>word(operation, 2);
  const second = <usize>word(operation, 3);
  const factor = splat(number(operation, 5));
  const beta1 = splat(number(operation, 6));
  const rest1 = splat(1 - number(operation, 6));
  const beta2 = splat(number(operation, 7));
  const rest2 = splat(1 - number(operation, 7));
  const epsilon = splat(number(operation, 8));
  const rate = splat(number(operation, 9));
  const correction = splat(number(operation, 10));
  const decay = splat(number(operation, 11));
  const units = adamUnits(operation);
  const end = <usize>shareStart(units, piece + 1, pieces) << 4;
  for (let i = <usize>shareStart(units, piece, pieces) << 4; i < end; i += 16) {
    const g = f32x4.mul(v128.load(gradient + i), factor);
    const m = f32x4.add(f32x4.mul(beta1, v128.load(first + i)), f32x4.mul(rest1, g));
    const v = f32x4.add(f32x4.mul(beta2, v128.load(second + i)), f32x4.mul(rest2, f32x4.mul(g, g)));
    v128.store(first + i, m);
    v128.store(second + i, v);
    const x = v128.load(values + i);
    const move = f32x4.div(f32x4.mul(rate, m), f32x4.add(f32x4.sqrt(f32x4.mul(v, correction)), epsilon));
    v128.store(values + i, f32x4.sub(x, f32x4.add(move, f32x4.mul(decay, x))));
  }
}
