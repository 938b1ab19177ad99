// Products of int8 tile16 matrices with quantised activations. A tile is 16 rows x 32 columns: 16 scales, then for
// each 2 columns 16 rows side by side (arrange.ts), so that every lane of a sum belongs to one row and nothing is added across lanes.
// Integer sums are exact, so only their scaling has an order: one multiply-add per 32 columns, from left to right. Hence the bits do
// not depend on how many rows of activations are taken at once. 127 * 127 * 32 fits in 20 bits.
//
// Neighbouring vectors go through the same operations up to neighbouring stores, which compilers join to 256 bits (V8's revectorizer).
//
// Measured on one core of an EPYC (Zen 3, 3.24 GHz), Node 24.21, matrix in the second-level cache, in GMAC/s without and with joined
// operations: one row of activations 27 and 48, two 26 and 53, four 28 and 53. The limit would be two joined products a cycle, 103.
//
// Scales are kept in one of two ways, S below. f32: as they are stored, 576 bytes a tile. u16: where weights had 16 bits when they were
// quantised, a scale is a bfloat16 (the greatest magnitude) / 127, and only the bfloat16 is kept: 544 bytes a tile, 5.6 % less to read
// from memory, which is what limits a single answer. arrange.ts decides, and only where every scale of a matrix comes out bit for bit.
// The division takes a sixth of the speed where nothing has to be read (44 for 53 GMAC/s with one row, Zen 4, joined).

import { splat } from './math';

/** Bytes of 16 scales. */
// @ts-ignore: decorator
@inline
export function scaleBytes<S>(): usize {
  return sizeof<S>() << 4;
}

/** Bytes of 16 scales and 16 x 32 integers. */
// @ts-ignore: decorator
@inline
export function tileBytes<S>(): usize {
  return scaleBytes<S>() + 512;
}

/** bfloat16 magnitudes, in the low halves of the lanes, / 127: as `greatestScale` of experts/tensorblock/quantize.ts has it. */
// @ts-ignore: decorator
@inline
export function scalesOf(magnitudes: v128): v128 {
  return f32x4.div(i32x4.shl(magnitudes, 16), splat(127));
}

// 16 bytes are loaded and their halves widened: of two loads of 8 bytes that widen (load16x4_u) V8 13.6 joins some wrongly, 8 bytes too far,
// which the self-test finds.

/** Scales of the rows 0 to 3 of a tile. */
// @ts-ignore: decorator
@inline
export function scales0<S>(tile: usize): v128 {
  if (sizeof<S>() == 2) return scalesOf(i32x4.extend_low_i16x8_u(v128.load(tile)));
  return v128.load(tile);
}

/** Scales of the rows 4 to 7. */
// @ts-ignore: decorator
@inline
export function scales1<S>(tile: usize): v128 {
  if (sizeof<S>() == 2) return scalesOf(i32x4.extend_high_i16x8_u(v128.load(tile)));
  return v128.load(tile, 16);
}

/** Scales of the rows 8 to 11. */
// @ts-ignore: decorator
@inline
export function scales2<S>(tile: usize): v128 {
  if (sizeof<S>() == 2) return scalesOf(i32x4.extend_low_i16x8_u(v128.load(tile, 16)));
  return v128.load(tile, 32);
}

/** Scales of the rows 12 to 15. */
// @ts-ignore: decorator
@inline
export function scales3<S>(tile: usize): v128 {
  if (sizeof<S>() == 2) return scalesOf(i32x4.extend_high_i16x8_u(v128.load(tile, 16)));
  return v128.load(tile, 48);
}

/** Copies a row of tiles with their scales as f32: where many rows of activations pass by, each division is done once. */
export function widenTiles(tile: usize, blocks: i32, wide: usize): void {
  for (const end = wide + <usize>blocks * tileBytes<f32>(); wide < end; wide += tileBytes<f32>()) {
    v128.store(wide, scales0<u16>(tile));
    v128.store(wide, scales1<u16>(tile), 16);
    v128.store(wide, scales2<u16>(tile), 32);
    v128.store(wide, scales3<u16>(tile), 48);
    for (let i: usize = 0; i < 512; i += 32) {
      const a = v128.load(tile + i, 32), b = v128.load(tile + i, 48);
      v128.store(wide + i, a, 64);
      v128.store(wide + i, b, 80);
    }
    tile += tileBytes<u16>();
  }
}

/** Adds the products of two columns of 4 rows. */
// @ts-ignore: decorator
@inline
export function dot(sum: v128, weights: v128, activations: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(weights, activations));
}

/** Adds the scaled sums of 4 rows. */
// @ts-ignore: decorator
@inline
export function scaled(sum: v128, integers: v128, weightScales: v128, activationScale: v128): v128 {
  return f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(integers), f32x4.mul(weightScales, activationScale)));
}
