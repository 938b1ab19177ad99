// SwiGLU (Shazeer 2020): h = silu(g) u, and gpt-oss's clamped form: h = (clamp(u) + 1) g' sigmoid(alpha g'), g' = min(g, limit).

import { exp4, splat } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { number, word } from './operation';

/** Groups of four that can be shared out. Words: g, u, h or dh, elements, limit (0: plain), alpha, dg, du. */
export function activationUnits(operation: usize): i32 {
  return word(operation, 3) >> 2;
}

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}

/** h from g and u. */
export function activate(operation: usize, piece: i32, pieces: i32): void {
  const units = activationUnits(operation);
  const limit = number(operation, 4);
  const alpha = splat(limit > 0 ? number(operation, 5) : 1);
  const end = <usize>shareStart(units, piece + 1, pieces) << 4;
  for (let i = <usize>shareStart(units, piece, pieces) << 4; i < end; i += 16) {
    let g = v128.load(<usize>word(operation, 0) + i);
    let u = v128.load(<usize>word(operation, 1) + i);
    if (limit > 0) {
      g = f32x4.min(g, splat(limit));
      u = f32x4.add(f32x4.max(f32x4.min(u, splat(limit)), splat(-limit)), splat(1));
    }
    const s = sigmoid(f32x4.mul(alpha, g));
    v128.store(<usize>word(operation, 2) + i, f32x4.mul(f32x4.mul(g, s), u));
  }
}

/** dg and du (overwritten) from dh. */
export function activateBackward(operation: usize, piece: i32, pieces: i32): void {
  const units = activationUnits(operation);
  const limit = number(operation, 4);
  const alpha = splat(limit > 0 ? number(operation, 5) : 1);
  const end = <usize>shareStart(units, piece + 1, pieces) << 4;
  for (let i = <usize>shareStart(units, piece, pieces) << 4; i < end; i += 16) {
    const gate = v128.load(<usize>word(operation, 0) + i);
    const up = v128.load(<usize>word(operation, 1) + i);
    const dh = v128.load(<usize>word(operation, 2) + i);
    let g = gate;
    let u = up;
    if (limit > 0) {
      g = f32x4.min(gate, splat(limit));
      u = f32x4.add(f32x4.max(f32x4.min(up, splat(limit)), splat(-limit)), splat(1));
    }
    const s = sigmoid(f32x4.mul(alpha, g));
    // d(g s(alpha g)) / dg = s (1 + alpha g (1 - s))
    const slope = f32x4.mul(s, f32x4.add(splat(1), f32x4.mul(f32x4.mul(alpha, g), f32x4.sub(splat(1), s))));
    let dg = f32x4.mul(f32x4.mul(dh, u), slope);
    let du = f32x4.mul(dh, f32x4.mul(g, s));
    if (limit > 0) {
      dg = v128.and(dg, f32x4.le(gate, splat(limit)));
      du = v128.and(du, f32x4.le(f32x4.abs(up), splat(limit)));
    }
    v128.store(<usize>word(operation, 6) + i, dg);
    v128.store(<usize>word(operation, 7) + i, du);
  }
}
