// Products of int8 tile16 matrices with quantised activations. A tile is 16 rows x 32 columns: 16 float32 scales, then for
// each 4 columns four vectors of 4 rows x 4 columns. Integer sums are exact, so only their scaling has an order: one
// multiply-add per 32 columns, from left to right. Hence the bits do not depend on how many rows of activations are taken at
// once. 127 * 127 * 32 fits in 20 bits.
//
// That accumulators pass through memory (spill.ts) costs a tenth where nothing is joined.
//
// Measured on one core of an EPYC (Zen 3, 3.24 GHz), Node 24.21, matrix in the second-level cache, in GMAC/s without and with
// joined operations: one row 22 and 34, one row and two tiles 20 and 36, two rows 25 and 41.

import { spill } from './spill';

const TILE_BYTES: usize = 576;

// @ts-ignore: decorator
@inline
function dot(sum: v128, weights: v128, activations: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(weights, activations));
}

/** Adds the scaled sums of 4 rows; `halves` holds the sums over their even and odd column pairs, two rows a vector. */
// @ts-ignore: decorator
@inline
function scaled(sum: v128, halves: usize, weightScales: v128, activationScale: v128): v128 {
  const low = v128.load(halves);
  const high = v128.load(halves, 16);
  const sums = i32x4.add(v128.shuffle<i32>(low, high, 0, 2, 4, 6), v128.shuffle<i32>(low, high, 1, 3, 5, 7));
  return f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(sums), f32x4.mul(weightScales, activationScale)));
}

/** 16 outputs of one row of activations. @param blocks columns / 32 */
function oneTile(tile: usize, blocks: i32, integers: usize, scales: usize, output: usize): void {
  const halves = spill;
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a0h = a0, a1 = a0, a1h = a0, a2 = a0, a2h = a0, a3 = a0, a3h = a0;
    let w = tile + 64;
    for (const end = tile + TILE_BYTES; w < end; w += 128) {
      let x = v128.load64_splat(integers);
      a0 = dot(a0, v128.load8x8_s(w), x);
      a0h = dot(a0h, v128.load8x8_s(w, 8), x);
      a1 = dot(a1, v128.load8x8_s(w, 16), x);
      a1h = dot(a1h, v128.load8x8_s(w, 24), x);
      a2 = dot(a2, v128.load8x8_s(w, 32), x);
      a2h = dot(a2h, v128.load8x8_s(w, 40), x);
      a3 = dot(a3, v128.load8x8_s(w, 48), x);
      a3h = dot(a3h, v128.load8x8_s(w, 56), x);
      x = v128.load64_splat(integers, 8);
      a0 = dot(a0, v128.load8x8_s(w, 64), x);
      a0h = dot(a0h, v128.load8x8_s(w, 72), x);
      a1 = dot(a1, v128.load8x8_s(w, 80), x);
      a1h = dot(a1h, v128.load8x8_s(w, 88), x);
      a2 = dot(a2, v128.load8x8_s(w, 96), x);
      a2h = dot(a2h, v128.load8x8_s(w, 104), x);
      a3 = dot(a3, v128.load8x8_s(w, 112), x);
      a3h = dot(a3h, v128.load8x8_s(w, 120), x);
      integers += 16;
    }
    v128.store(halves, a0);
    v128.store(halves, a0h, 16);
    v128.store(halves, a1, 32);
    v128.store(halves, a1h, 48);
    v128.store(halves, a2, 64);
    v128.store(halves, a2h, 80);
    v128.store(halves, a3, 96);
    v128.store(halves, a3h, 112);
    const s = v128.load32_splat(scales);
    y0 = scaled(y0, halves, v128.load(tile), s);
    y1 = scaled(y1, halves + 32, v128.load(tile, 16), s);
    y2 = scaled(y2, halves + 64, v128.load(tile, 32), s);
    y3 = scaled(y3, halves + 96, v128.load(tile, 48), s);
    scales += 4;
    tile += TILE_BYTES;
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
  v128.store(output, y2, 32);
  v128.store(output, y3, 48);
}

/**
 * 16 outputs each from two rows of tiles, for one row of activations. Two streams from memory hide more of its latency than one.
 */
function twoTiles(
  tile: usize, other: usize, blocks: i32, integers: usize, scales: usize, output: usize, otherOutput: usize,
): void {
  const halves = spill;
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = f32x4.splat(0), z1 = z0, z2 = z0, z3 = z0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a0h = a0, a1 = a0, a1h = a0, a2 = a0, a2h = a0, a3 = a0, a3h = a0;
    let b0 = i32x4.splat(0), b0h = b0, b1 = b0, b1h = b0, b2 = b0, b2h = b0, b3 = b0, b3h = b0;
    let w = tile + 64;
    let v = other + 64;
    for (const end = tile + TILE_BYTES; w < end; w += 128) {
      let x = v128.load64_splat(integers);
      a0 = dot(a0, v128.load8x8_s(w), x);
      a0h = dot(a0h, v128.load8x8_s(w, 8), x);
      a1 = dot(a1, v128.load8x8_s(w, 16), x);
      a1h = dot(a1h, v128.load8x8_s(w, 24), x);
      a2 = dot(a2, v128.load8x8_s(w, 32), x);
      a2h = dot(a2h, v128.load8x8_s(w, 40), x);
      a3 = dot(a3, v128.load8x8_s(w, 48), x);
      a3h = dot(a3h, v128.load8x8_s(w, 56), x);
      b0 = dot(b0, v128.load8x8_s(v), x);
      b0h = dot(b0h, v128.load8x8_s(v, 8), x);
      b1 = dot(b1, v128.load8x8_s(v, 16), x);
      b1h = dot(b1h, v128.load8x8_s(v, 24), x);
      b2 = dot(b2, v128.load8x8_s(v, 32), x);
      b2h = dot(b2h, v128.load8x8_s(v, 40), x);
      b3 = dot(b3, v128.load8x8_s(v, 48), x);
      b3h = dot(b3h, v128.load8x8_s(v, 56), x);
      x = v128.load64_splat(integers, 8);
      a0 = dot(a0, v128.load8x8_s(w, 64), x);
      a0h = dot(a0h, v128.load8x8_s(w, 72), x);
      a1 = dot(a1, v128.load8x8_s(w, 80), x);
      a1h = dot(a1h, v128.load8x8_s(w, 88), x);
      a2 = dot(a2, v128.load8x8_s(w, 96), x);
      a2h = dot(a2h, v128.load8x8_s(w, 104), x);
      a3 = dot(a3, v128.load8x8_s(w, 112), x);
      a3h = dot(a3h, v128.load8x8_s(w, 120), x);
      b0 = dot(b0, v128.load8x8_s(v, 64), x);
      b0h = dot(b0h, v128.load8x8_s(v, 72), x);
      b1 = dot(b1, v128.load8x8_s(v, 80), x);
      b1h = dot(b1h, v128.load8x8_s(v, 88), x);
      b2 = dot(b2, v128.load8x8_s(v, 96), x);
      b2h = dot(b2h, v128.load8x8_s(v, 104), x);
      b3 = dot(b3, v128.load8x8_s(v, 112), x);
      b3h = dot(b3h, v128.load8x8_s(v, 120), x);
      integers += 16;
      v += 128;
    }
    v128.store(halves, a0);
    v128.store(halves, a0h, 16);
    v128.store(halves, a1, 32);
    v128.store(halves, a1h, 48);
    v128.store(halves, a2, 64);
    v128.store(halves, a2h, 80);
    v128.store(halves, a3, 96);
    v128.store(halves, a3h, 112);
    v128.store(halves, b0, 128);
    v128.store(halves, b0h, 144);
    v128.store(halves, b1, 160);
    v128.store(halves, b1h, 176);
    v128.store(halves, b2, 192);
    v128.store(halves, b2h, 208);
    v128.store(halves, b3, 224);
    v128.store(halves, b3h, 240);
    const s = v128.load32_splat(scales);
    y0 = scaled(y0, halves, v128.load(tile), s);
    y1 = scaled(y1, halves + 32, v128.load(tile, 16), s);
    y2 = scaled(y2, halves + 64, v128.load(tile, 32), s);
    y3 = scaled(y3, halves + 96, v128.load(tile, 48), s);
    z0 = scaled(z0, halves + 128, v128.load(other), s);
    z1 = scaled(z1, halves + 160, v128.load(other, 16), s);
    z2 = scaled(z2, halves + 192, v128.load(other, 32), s);
    z3 = scaled(z3, halves + 224, v128.load(other, 48), s);
    scales += 4;
    tile += TILE_BYTES;
    other += TILE_BYTES;
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
  v128.store(output, y2, 32);
  v128.store(output, y3, 48);
  v128.store(otherOutput, z0);
  v128.store(otherOutput, z1, 16);
  v128.store(otherOutput, z2, 32);
  v128.store(otherOutput, z3, 48);
}

/** 16 outputs of each of two rows of activations. */
function twoRows(
  tile: usize, blocks: i32,
  integers: usize, scales: usize, output: usize,
  otherIntegers: usize, otherScales: usize, otherOutput: usize,
): void {
  const halves = spill;
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = f32x4.splat(0), z1 = z0, z2 = z0, z3 = z0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a0h = a0, a1 = a0, a1h = a0, a2 = a0, a2h = a0, a3 = a0, a3h = a0;
    let b0 = i32x4.splat(0), b0h = b0, b1 = b0, b1h = b0, b2 = b0, b2h = b0, b3 = b0, b3h = b0;
    let w = tile + 64;
    for (const end = tile + TILE_BYTES; w < end; w += 128) {
      let x = v128.load64_splat(integers);
      let v = v128.load64_splat(otherIntegers);
      let m = v128.load8x8_s(w);
      a0 = dot(a0, m, x);
      b0 = dot(b0, m, v);
      m = v128.load8x8_s(w, 8);
      a0h = dot(a0h, m, x);
      b0h = dot(b0h, m, v);
      m = v128.load8x8_s(w, 16);
      a1 = dot(a1, m, x);
      b1 = dot(b1, m, v);
      m = v128.load8x8_s(w, 24);
      a1h = dot(a1h, m, x);
      b1h = dot(b1h, m, v);
      m = v128.load8x8_s(w, 32);
      a2 = dot(a2, m, x);
      b2 = dot(b2, m, v);
      m = v128.load8x8_s(w, 40);
      a2h = dot(a2h, m, x);
      b2h = dot(b2h, m, v);
      m = v128.load8x8_s(w, 48);
      a3 = dot(a3, m, x);
      b3 = dot(b3, m, v);
      m = v128.load8x8_s(w, 56);
      a3h = dot(a3h, m, x);
      b3h = dot(b3h, m, v);
      x = v128.load64_splat(integers, 8);
      v = v128.load64_splat(otherIntegers, 8);
      m = v128.load8x8_s(w, 64);
      a0 = dot(a0, m, x);
      b0 = dot(b0, m, v);
      m = v128.load8x8_s(w, 72);
      a0h = dot(a0h, m, x);
      b0h = dot(b0h, m, v);
      m = v128.load8x8_s(w, 80);
      a1 = dot(a1, m, x);
      b1 = dot(b1, m, v);
      m = v128.load8x8_s(w, 88);
      a1h = dot(a1h, m, x);
      b1h = dot(b1h, m, v);
      m = v128.load8x8_s(w, 96);
      a2 = dot(a2, m, x);
      b2 = dot(b2, m, v);
      m = v128.load8x8_s(w, 104);
      a2h = dot(a2h, m, x);
      b2h = dot(b2h, m, v);
      m = v128.load8x8_s(w, 112);
      a3 = dot(a3, m, x);
      b3 = dot(b3, m, v);
      m = v128.load8x8_s(w, 120);
      a3h = dot(a3h, m, x);
      b3h = dot(b3h, m, v);
      integers += 16;
      otherIntegers += 16;
    }
    v128.store(halves, a0);
    v128.store(halves, a0h, 16);
    v128.store(halves, a1, 32);
    v128.store(halves, a1h, 48);
    v128.store(halves, a2, 64);
    v128.store(halves, a2h, 80);
    v128.store(halves, a3, 96);
    v128.store(halves, a3h, 112);
    v128.store(halves, b0, 128);
    v128.store(halves, b0h, 144);
    v128.store(halves, b1, 160);
    v128.store(halves, b1h, 176);
    v128.store(halves, b2, 192);
    v128.store(halves, b2h, 208);
    v128.store(halves, b3, 224);
    v128.store(halves, b3h, 240);
    const s = v128.load32_splat(scales);
    const t = v128.load32_splat(otherScales);
    y0 = scaled(y0, halves, v128.load(tile), s);
    y1 = scaled(y1, halves + 32, v128.load(tile, 16), s);
    y2 = scaled(y2, halves + 64, v128.load(tile, 32), s);
    y3 = scaled(y3, halves + 96, v128.load(tile, 48), s);
    z0 = scaled(z0, halves + 128, v128.load(tile), t);
    z1 = scaled(z1, halves + 160, v128.load(tile, 16), t);
    z2 = scaled(z2, halves + 192, v128.load(tile, 32), t);
    z3 = scaled(z3, halves + 224, v128.load(tile, 48), t);
    scales += 4;
    otherScales += 4;
    tile += TILE_BYTES;
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
  v128.store(output, y2, 32);
  v128.store(output, y3, 48);
  v128.store(otherOutput, z0);
  v128.store(otherOutput, z1, 16);
  v128.store(otherOutput, z2, 32);
  v128.store(otherOutput, z3, 48);
}

/**
 * Row tiles `first` to `end` of an int8 tile16 matrix times `count` rows of activations. While a row of tiles is in the first
 * level cache, all activations pass by, two at a time: memory is read once for the whole batch.
 * @param inputs u32 [count]: activation records  @param outputs u32 [count]: f32 [rows]
 */
export function matmulInt8(
  matrix: usize, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize,
): void {
  const blocks = columns >> 5;
  const tileBytes = <usize>blocks * TILE_BYTES;
  const tile = matrix + <usize>first * tileBytes;
  if (count == 1) return oneRow(tile, end - first, blocks, load<usize>(inputs), load<usize>(outputs) + (<usize>first << 6));
  for (let i = first; i < end; i++) manyRows(matrix + <usize>i * tileBytes, blocks, count, inputs, outputs, <usize>i << 6);
}

/** `tiles` rows of tiles for one row of activations, from two places at once. */
function oneRow(tile: usize, tiles: i32, blocks: i32, record: usize, output: usize): void {
  const tileBytes = <usize>blocks * TILE_BYTES;
  const integers = record + (<usize>blocks << 7);
  const scales = record + <usize>blocks * 192;
  const half = tiles >> 1;
  const ahead = <usize>half * tileBytes;
  for (let i = 0; i < half; i++) {
    twoTiles(tile, tile + ahead, blocks, integers, scales, output, output + (<usize>half << 6));
    tile += tileBytes;
    output += 64;
  }
  if (tiles & 1) oneTile(tile + ahead, blocks, integers, scales, output + (<usize>half << 6));
}

/** One row of tiles for several rows of activations. @param place byte offset of its outputs in those of each row */
function manyRows(tile: usize, blocks: i32, count: i32, inputs: usize, outputs: usize, place: usize): void {
  const integers = <usize>blocks << 7;
  const scales = <usize>blocks * 192;
  let j = 0;
  for (; j + 2 <= count; j += 2) {
    const list = <usize>j << 2;
    const a: usize = load<usize>(inputs + list);
    const b: usize = load<usize>(inputs + list, 4);
    twoRows(
      tile, blocks,
      a + integers, a + scales, load<usize>(outputs + list) + place,
      b + integers, b + scales, load<usize>(outputs + list, 4) + place,
    );
  }
  if (j < count) {
    const a: usize = load<usize>(inputs + (<usize>j << 2));
    oneTile(tile, blocks, a + integers, a + scales, load<usize>(outputs + (<usize>j << 2)) + place);
  }
}
