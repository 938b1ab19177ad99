// Products of int8 tile16 matrices with quantised activations. A tile is 16 rows x 32 columns: 16 float32 scales, then for
// each 2 columns 16 rows side by side (arrange.ts), so that every lane of a sum belongs to one row and nothing is added across lanes.
// Integer sums are exact, so only their scaling has an order: one multiply-add per 32 columns, from left to right. Hence the bits do
// not depend on how many rows of activations are taken at once. 127 * 127 * 32 fits in 20 bits.
//
// Neighbouring vectors go through the same operations up to neighbouring stores, which compilers join to 256 bits (V8's revectorizer).
//
// Measured on one core of an EPYC (Zen 3, 3.24 GHz), Node 24.21, matrix in the second-level cache, in GMAC/s without and with joined
// operations: one row of activations 27 and 48, two 26 and 53, four 28 and 53. The limit would be two joined products a cycle, 103.

/** 16 scales and 16 x 32 integers. */
export const TILE_BYTES: usize = 576;

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
