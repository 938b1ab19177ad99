// C (+)= op(A) op(B), float32. Every element of C is summed over k from first to last, one multiplication and one addition each,
// starting from zero or from what C holds: neither pieces nor blocks of rows, columns or k change a bit.
//
// B is packed 16 columns side by side, and the transpose of A four rows, so that the inner loop reads both once and forwards and serves
// all three products of a linear layer: x W^T (forward), dy W (gradient of x), dy^T x (gradient of W).
//
// Measured on one core of a Zen 3 (3.24 GHz, Node 24.21) with other work on it, in GMAC/s: 17 to 31 with joined operations (V8's
// revectorizer, which needs the neighbouring stores), 8 to 14 without; 52 would be two multiplications and two additions of 256 bits a cycle.

import { splat } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { word } from './operation';

/** op(A) is the transpose of what lies in memory. */
const TRANSPOSE_A = 1;
const TRANSPOSE_B = 2;
/** C keeps what it holds and gets the product added. */
const ACCUMULATE = 4;

const PANEL = 16; // columns of one packed panel
const DEPTH = 256; // k of one block: a panel of 8 KiB stays in the first cache
const WIDTH = 128; // columns packed together
const HEIGHT = 64; // rows whose part of A stays in the second cache

// Bytes that each thread needs: packed columns of B, a tile for columns beyond the last full panel, and packed rows of A.
const EDGE: usize = DEPTH * WIDTH * 4;
const ROWS: usize = EDGE + 4 * PANEL * 4;
export const GEMM_SCRATCH: usize = ROWS + DEPTH * HEIGHT * 4;

/** Packs k `depth` from `k`, columns `first` to `end` of op(B), in panels; columns that are missing become zero. */
function pack(b: usize, stride: usize, transposed: bool, k: i32, depth: i32, first: i32, end: i32, target: usize): void {
  for (let n = first; n < end; n += PANEL) {
    const count = min(PANEL, end - n);
    if (count < PANEL) memory.fill(target, 0, <usize>depth * PANEL * 4);
    if (transposed) packColumns(b + <usize>n * stride + (<usize>k << 2), stride, depth, count, target);
    else packRows(b + <usize>k * stride + (<usize>n << 2), stride, depth, count, target);
    target += <usize>depth * PANEL * 4;
  }
}

/** From B stored [k][n]: rows of up to 8 neighbours. */
function packRows(source: usize, stride: usize, depth: i32, count: i32, target: usize): void {
  for (let i = 0; i < depth; i++) {
    if (count == PANEL) {
      v128.store(target, v128.load(source));
      v128.store(target, v128.load(source, 16), 16);
      v128.store(target, v128.load(source, 32), 32);
      v128.store(target, v128.load(source, 48), 48);
    } else {
      for (let j: usize = 0; j < <usize>count << 2; j += 4) store<f32>(target + j, load<f32>(source + j));
    }
    source += stride;
    target += PANEL * 4;
  }
}

/** From B stored [n][k]: columns become rows. */
function packColumns(source: usize, stride: usize, depth: i32, count: i32, target: usize): void {
  for (let j = 0; j < count; j++) {
    let from = source + <usize>j * stride;
    let to = target + (<usize>j << 2);
    for (let i = 0; i < depth; i++) {
      store<f32>(to, load<f32>(from));
      from += 4;
      to += PANEL * 4;
    }
  }
}

/** Four rows of op(A) times one panel. */
function tile4(a: usize, row: usize, step: usize, panel: usize, depth: i32, c: usize, stride: usize, fresh: bool): void {
  const c1 = c + stride;
  const c2 = c1 + stride;
  const c3 = c2 + stride;
  let a1 = a + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0, s12 = s0, s13 = s0, s14 = s0, s15 = s0;
  if (!fresh) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
    s4 = v128.load(c1);
    s5 = v128.load(c1, 16);
    s6 = v128.load(c1, 32);
    s7 = v128.load(c1, 48);
    s8 = v128.load(c2);
    s9 = v128.load(c2, 16);
    s10 = v128.load(c2, 32);
    s11 = v128.load(c2, 48);
    s12 = v128.load(c3);
    s13 = v128.load(c3, 16);
    s14 = v128.load(c3, 32);
    s15 = v128.load(c3, 48);
  }
  for (const end = panel + (<usize>depth << 6); panel < end; panel += 64) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const b2 = v128.load(panel, 32);
    const b3 = v128.load(panel, 48);
    let x = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(x, b0));
    s1 = f32x4.add(s1, f32x4.mul(x, b1));
    s2 = f32x4.add(s2, f32x4.mul(x, b2));
    s3 = f32x4.add(s3, f32x4.mul(x, b3));
    x = v128.load32_splat(a1);
    s4 = f32x4.add(s4, f32x4.mul(x, b0));
    s5 = f32x4.add(s5, f32x4.mul(x, b1));
    s6 = f32x4.add(s6, f32x4.mul(x, b2));
    s7 = f32x4.add(s7, f32x4.mul(x, b3));
    x = v128.load32_splat(a2);
    s8 = f32x4.add(s8, f32x4.mul(x, b0));
    s9 = f32x4.add(s9, f32x4.mul(x, b1));
    s10 = f32x4.add(s10, f32x4.mul(x, b2));
    s11 = f32x4.add(s11, f32x4.mul(x, b3));
    x = v128.load32_splat(a3);
    s12 = f32x4.add(s12, f32x4.mul(x, b0));
    s13 = f32x4.add(s13, f32x4.mul(x, b1));
    s14 = f32x4.add(s14, f32x4.mul(x, b2));
    s15 = f32x4.add(s15, f32x4.mul(x, b3));
    a += step;
    a1 += step;
    a2 += step;
    a3 += step;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c1, s4);
  v128.store(c1, s5, 16);
  v128.store(c1, s6, 32);
  v128.store(c1, s7, 48);
  v128.store(c2, s8);
  v128.store(c2, s9, 16);
  v128.store(c2, s10, 32);
  v128.store(c2, s11, 48);
  v128.store(c3, s12);
  v128.store(c3, s13, 16);
  v128.store(c3, s14, 32);
  v128.store(c3, s15, 48);
}

/** One row of op(A) times one panel. */
function tile1(a: usize, step: usize, panel: usize, depth: i32, c: usize, fresh: bool): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  if (!fresh) {
    s0 = v128.load(c);
    s1 = v128.load(c, 16);
    s2 = v128.load(c, 32);
    s3 = v128.load(c, 48);
  }
  for (const end = panel + (<usize>depth << 6); panel < end; panel += 64) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const b2 = v128.load(panel, 32);
    const b3 = v128.load(panel, 48);
    let x = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(x, b0));
    s1 = f32x4.add(s1, f32x4.mul(x, b1));
    s2 = f32x4.add(s2, f32x4.mul(x, b2));
    s3 = f32x4.add(s3, f32x4.mul(x, b3));
    a += step;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}

/** Copies `count` floats of each of `rows` rows. */
function copyTile(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, count: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < <usize>count << 2; j += 4) store<f32>(to + j, load<f32>(from + j));
    from += fromStride;
    to += toStride;
  }
}

/** Packs rows `first` to `end` of the transpose of A, four side by side as they lie in memory; what is left over stays where it is. */
function packTransposed(a: usize, stride: usize, depth: i32, first: i32, end: i32, target: usize): void {
  for (let m = first; m + 4 <= end; m += 4) {
    let source = a + (<usize>m << 2);
    for (const last = target + (<usize>depth << 4); target < last; target += 16) {
      v128.store(target, v128.load(source));
      source += stride;
    }
  }
}

/** Rows `first` to `end` times one panel whose `count` columns begin at column 0 of `c`. */
function tiles(
  a: usize, row: usize, step: usize, panel: usize, depth: i32,
  c: usize, stride: usize, first: i32, end: i32, count: i32, fresh: bool, edge: usize, packed: usize,
): void {
  for (let m = first; m < end;) {
    const rows = end - m >= 4 ? 4 : 1;
    const place = c + <usize>m * stride;
    let target = place;
    let pitch = stride;
    if (count < PANEL) {
      target = edge;
      pitch = PANEL * 4;
      if (!fresh) copyTile(place, stride, edge, pitch, rows, count);
    }
    if (rows == 4 && packed) {
      tile4(packed, 4, 16, panel, depth, target, pitch, fresh);
      packed += <usize>depth << 4;
    } else if (rows == 4) tile4(a + <usize>m * row, row, step, panel, depth, target, pitch, fresh);
    else tile1(a + <usize>m * row, step, panel, depth, target, fresh);
    if (count < PANEL) copyTile(edge, pitch, place, stride, rows, count);
    m += rows;
  }
}

/** Columns that can be shared out: panels. */
export function gemmUnits(operation: usize): i32 {
  return (word(operation, 7) + PANEL - 1) / PANEL;
}

/** Multiplications of the product. */
export function gemmWork(operation: usize): f64 {
  return <f64>word(operation, 6) * <f64>word(operation, 7) * <f64>word(operation, 8);
}

/** Words: A, its stride, B, its stride, C, its stride (all in floats), M, N, K, flags. */
export function gemm(operation: usize, scratch: usize, piece: i32, pieces: i32): void {
  const a = <usize>word(operation, 0);
  const strideA = <usize>word(operation, 1) << 2;
  const b = <usize>word(operation, 2);
  const strideB = <usize>word(operation, 3) << 2;
  const c = <usize>word(operation, 4);
  const strideC = <usize>word(operation, 5) << 2;
  const rows = word(operation, 6);
  const depth = word(operation, 8);
  const flags = word(operation, 9);
  const row = flags & TRANSPOSE_A ? 4 : strideA;
  const step = flags & TRANSPOSE_A ? strideA : 4;
  const units = gemmUnits(operation);
  const last = min(shareStart(units, piece + 1, pieces) * PANEL, word(operation, 7));
  for (let n = shareStart(units, piece, pieces) * PANEL; n < last; n += WIDTH) {
    const end = min(n + WIDTH, last);
    for (let k = 0; k < depth; k += DEPTH) {
      const size = min(DEPTH, depth - k);
      pack(b, strideB, (flags & TRANSPOSE_B) != 0, k, size, n, end, scratch);
      const fresh = k == 0 && (flags & ACCUMULATE) == 0;
      for (let m = 0; m < rows; m += HEIGHT) {
        let panel = scratch;
        const bottom = min(m + HEIGHT, rows);
        const packed: usize = flags & TRANSPOSE_A ? scratch + ROWS : 0;
        if (packed) packTransposed(a + <usize>k * step, step, size, m, bottom, packed);
        for (let j = n; j < end; j += PANEL) {
          tiles(
            a + <usize>k * step, row, step, panel, size, c + (<usize>j << 2), strideC,
            m, bottom, min(PANEL, end - j), fresh, scratch + EDGE, packed,
          );
          panel += <usize>size * PANEL * 4;
        }
      }
    }
  }
}

/** x += y where both are given in floats; used for what is too small for a phase of its own. */
// @ts-ignore: decorator
@inline
export function addScaled(x: usize, y: usize, factor: f32, bytes: usize): void {
  const f = splat(factor);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(x + i, f32x4.add(v128.load(x + i), f32x4.mul(v128.load(y + i), f)));
  }
}
