// Products of unquantised tile16 matrices (16 rows side by side, column after column) with float activations. Every output is
// summed over the columns from left to right, one multiplication and one addition each.

import { KIND_F16 } from './state';

/** Four float32 from four binary16 in the low half of each 32-bit lane, exactly (subnormals too). */
// @ts-ignore: decorator
@inline
function widen(half: v128): v128 {
  const magnitude = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
  return v128.or(f32x4.mul(magnitude, i32x4.splat(0x77800000)), sign); // 0x77800000 is 2^112
}

/** 4 consecutive weights of one column at `address`: element `index` of the tile. */
// @ts-ignore: decorator
@inline
function weights(address: usize, kind: i32): v128 {
  return kind == KIND_F16 ? widen(v128.load16x4_u(address)) : v128.load(address);
}

/** 16 outputs of one row of activations. `step` = bytes of four weights. */
// @ts-ignore: decorator
@inline
function tile1(w: usize, columns: i32, kind: i32, input: usize, output: usize): void {
  const step: usize = kind == KIND_F16 ? 8 : 16;
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0;
  for (const end = input + (<usize>columns << 2); input < end; input += 4) {
    const x = v128.load32_splat(input);
    y0 = f32x4.add(y0, f32x4.mul(weights(w, kind), x));
    y1 = f32x4.add(y1, f32x4.mul(weights(w + step, kind), x));
    y2 = f32x4.add(y2, f32x4.mul(weights(w + 2 * step, kind), x));
    y3 = f32x4.add(y3, f32x4.mul(weights(w + 3 * step, kind), x));
    w += 4 * step;
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
  v128.store(output, y2, 32);
  v128.store(output, y3, 48);
}

/** 16 outputs of each of two rows of activations. */
// @ts-ignore: decorator
@inline
function tile2(w: usize, columns: i32, kind: i32, a: usize, outputA: usize, b: usize, outputB: usize): void {
  const step: usize = kind == KIND_F16 ? 8 : 16;
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0, z0 = y0, z1 = y0, z2 = y0, z3 = y0;
  for (const end = a + (<usize>columns << 2); a < end; a += 4, b += 4) {
    const x = v128.load32_splat(a);
    const v = v128.load32_splat(b);
    let m = weights(w, kind);
    y0 = f32x4.add(y0, f32x4.mul(m, x));
    z0 = f32x4.add(z0, f32x4.mul(m, v));
    m = weights(w + step, kind);
    y1 = f32x4.add(y1, f32x4.mul(m, x));
    z1 = f32x4.add(z1, f32x4.mul(m, v));
    m = weights(w + 2 * step, kind);
    y2 = f32x4.add(y2, f32x4.mul(m, x));
    z2 = f32x4.add(z2, f32x4.mul(m, v));
    m = weights(w + 3 * step, kind);
    y3 = f32x4.add(y3, f32x4.mul(m, x));
    z3 = f32x4.add(z3, f32x4.mul(m, v));
    w += 4 * step;
  }
  v128.store(outputA, y0);
  v128.store(outputA, y1, 16);
  v128.store(outputA, y2, 32);
  v128.store(outputA, y3, 48);
  v128.store(outputB, z0);
  v128.store(outputB, z1, 16);
  v128.store(outputB, z2, 32);
  v128.store(outputB, z3, 48);
}

/** Row tiles `first` to `end` times `count` rows of activations; lists as in `matmulInt8`. */
// @ts-ignore: decorator
@inline
function matmulKind(
  matrix: usize, kind: i32, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize,
): void {
  const tileBytes = <usize>columns * (kind == KIND_F16 ? 32 : 64);
  let tile = matrix + <usize>first * tileBytes;
  for (let i = first; i < end; i++) {
    const place = <usize>i << 6;
    let j = 0;
    for (; j + 2 <= count; j += 2) {
      const input = inputs + (<usize>j << 2);
      const output = outputs + (<usize>j << 2);
      tile2(tile, columns, kind, load<usize>(input), load<usize>(output) + place, load<usize>(input, 4), load<usize>(output, 4) + place);
    }
    if (j < count) {
      tile1(tile, columns, kind, load<usize>(inputs + (<usize>j << 2)), load<usize>(outputs + (<usize>j << 2)) + place);
    }
    tile += tileBytes;
  }
}

/** float32 tile16 matrix. */
export function matmulF32(
  matrix: usize, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize,
): void {
  matmulKind(matrix, 2, first, end, columns, count, inputs, outputs);
}

/** binary16 tile16 matrix, widened exactly. */
export function matmulF16(
  matrix: usize, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize,
): void {
  matmulKind(matrix, 3, first, end, columns, count, inputs, outputs);
}
