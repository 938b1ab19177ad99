// Products of int8 tile16 matrices with quantised activations; tile-int8.ts says how a tile is laid out and why the bits are the same for
// any number of rows at once.

import { splat } from './math';
import { fourRows, threeRows, twoRows } from './matmul-int8-rows';
import { dot, scaleBytes, scaled, scales0, scales1, scales2, scales3, tileBytes, widenTiles } from './tile-int8';

/** From so many rows of activations on, a row of tiles with short scales is copied with long ones first. */
const WIDEN_ROWS = 12;

/** 16 outputs of one row of activations. @param blocks columns / 32 */
function oneTile<S>(
  tile: usize, blocks: i32, integers: usize, scales: usize, output: usize,
): void {
  let y0 = splat(0), y1 = y0, y2 = y0, y3 = y0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
    let w = tile + scaleBytes<S>();
    for (const end = tile + tileBytes<S>(); w < end; w += 64) {
      let x = v128.load32_splat(integers);
      a0 = dot(a0, v128.load8x8_s(w), x);
      a1 = dot(a1, v128.load8x8_s(w, 8), x);
      a2 = dot(a2, v128.load8x8_s(w, 16), x);
      a3 = dot(a3, v128.load8x8_s(w, 24), x);
      x = v128.load32_splat(integers, 4);
      a0 = dot(a0, v128.load8x8_s(w, 32), x);
      a1 = dot(a1, v128.load8x8_s(w, 40), x);
      a2 = dot(a2, v128.load8x8_s(w, 48), x);
      a3 = dot(a3, v128.load8x8_s(w, 56), x);
      integers += 8;
    }
    const s = v128.load32_splat(scales);
    y0 = scaled(y0, a0, scales0<S>(tile), s);
    y1 = scaled(y1, a1, scales1<S>(tile), s);
    y2 = scaled(y2, a2, scales2<S>(tile), s);
    y3 = scaled(y3, a3, scales3<S>(tile), s);
    scales += 4;
    tile += tileBytes<S>();
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
  v128.store(output, y2, 32);
  v128.store(output, y3, 48);
}

/**
 * 16 outputs each from two rows of tiles, for one row of activations. Two streams from memory hide more of its latency than one.
 */
function twoTiles<S>(
  tile: usize, other: usize, blocks: i32, integers: usize, scales: usize, output: usize, otherOutput: usize,
): void {
  let y0 = splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = splat(0), z1 = z0, z2 = z0, z3 = z0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
    let b0 = i32x4.splat(0), b1 = b0, b2 = b0, b3 = b0;
    let w = tile + scaleBytes<S>();
    let v = other + scaleBytes<S>();
    for (const end = tile + tileBytes<S>(); w < end; w += 64) {
      let x = v128.load32_splat(integers);
      a0 = dot(a0, v128.load8x8_s(w), x);
      a1 = dot(a1, v128.load8x8_s(w, 8), x);
      a2 = dot(a2, v128.load8x8_s(w, 16), x);
      a3 = dot(a3, v128.load8x8_s(w, 24), x);
      b0 = dot(b0, v128.load8x8_s(v), x);
      b1 = dot(b1, v128.load8x8_s(v, 8), x);
      b2 = dot(b2, v128.load8x8_s(v, 16), x);
      b3 = dot(b3, v128.load8x8_s(v, 24), x);
      x = v128.load32_splat(integers, 4);
      a0 = dot(a0, v128.load8x8_s(w, 32), x);
      a1 = dot(a1, v128.load8x8_s(w, 40), x);
      a2 = dot(a2, v128.load8x8_s(w, 48), x);
      a3 = dot(a3, v128.load8x8_s(w, 56), x);
      b0 = dot(b0, v128.load8x8_s(v, 32), x);
      b1 = dot(b1, v128.load8x8_s(v, 40), x);
      b2 = dot(b2, v128.load8x8_s(v, 48), x);
      b3 = dot(b3, v128.load8x8_s(v, 56), x);
      integers += 8;
      v += 64;
    }
    const s = v128.load32_splat(scales);
    y0 = scaled(y0, a0, scales0<S>(tile), s);
    y1 = scaled(y1, a1, scales1<S>(tile), s);
    y2 = scaled(y2, a2, scales2<S>(tile), s);
    y3 = scaled(y3, a3, scales3<S>(tile), s);
    z0 = scaled(z0, b0, scales0<S>(other), s);
    z1 = scaled(z1, b1, scales1<S>(other), s);
    z2 = scaled(z2, b2, scales2<S>(other), s);
    z3 = scaled(z3, b3, scales3<S>(other), s);
    scales += 4;
    tile += tileBytes<S>();
    other += tileBytes<S>();
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
 * Row tiles `first` to `end` of an arranged int8 tile16 matrix times `count` rows of activations. While a row of tiles is in the first
 * level cache, all activations pass by, up to four at a time: memory is read once for the whole batch.
 * @param inputs u32 [count]: activation records  @param outputs u32 [count]: f32 [rows]  @param wide room for a row of tiles
 */
export function matmulInt8<S>(
  matrix: usize, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize, wide: usize,
): void {
  const blocks = columns >> 5;
  const rowBytes = <usize>blocks * tileBytes<S>();
  const tile = matrix + <usize>first * rowBytes;
  if (count == 1) return oneRow<S>(tile, end - first, blocks, load<usize>(inputs), load<usize>(outputs) + (<usize>first << 6));
  for (let i = first; i < end; i++) {
    const row = matrix + <usize>i * rowBytes;
    if (sizeof<S>() == 2 && count >= WIDEN_ROWS) {
      widenTiles(row, blocks, wide);
      manyRows<f32>(wide, blocks, count, inputs, outputs, <usize>i << 6);
    } else {
      manyRows<S>(row, blocks, count, inputs, outputs, <usize>i << 6);
    }
  }
}

/** `tiles` rows of tiles for one row of activations, from two places at once. */
function oneRow<S>(tile: usize, tiles: i32, blocks: i32, record: usize, output: usize): void {
  const rowBytes = <usize>blocks * tileBytes<S>();
  const integers = record + (<usize>blocks << 7);
  const scales = record + <usize>blocks * 192;
  const half = tiles >> 1;
  const ahead = <usize>half * rowBytes;
  for (let i = 0; i < half; i++) {
    twoTiles<S>(tile, tile + ahead, blocks, integers, scales, output, output + (<usize>half << 6));
    tile += rowBytes;
    output += 64;
  }
  if (tiles & 1) oneTile<S>(tile + ahead, blocks, integers, scales, output + (<usize>half << 6));
}

/** One row of tiles for several rows of activations. @param place byte offset of its outputs in those of each row */
function manyRows<S>(tile: usize, blocks: i32, count: i32, inputs: usize, outputs: usize, place: usize): void {
  const integers = <usize>blocks << 7;
  const scales = <usize>blocks * 192;
  while (count > 0) {
    const a: usize = load<usize>(inputs);
    const b: usize = count > 1 ? load<usize>(inputs, 4) : 0;
    const c: usize = count > 2 ? load<usize>(inputs, 8) : 0;
    const d: usize = count > 3 ? load<usize>(inputs, 12) : 0;
    const first: usize = load<usize>(outputs) + place;
    if (d) {
      fourRows<S>(
        tile, blocks,
        a + integers, a + scales, first,
        b + integers, b + scales, load<usize>(outputs, 4) + place,
        c + integers, c + scales, load<usize>(outputs, 8) + place,
        d + integers, d + scales, load<usize>(outputs, 12) + place,
      );
    } else if (c) {
      threeRows<S>(
        tile, blocks,
        a + integers, a + scales, first,
        b + integers, b + scales, load<usize>(outputs, 4) + place,
        c + integers, c + scales, load<usize>(outputs, 8) + place,
      );
    } else if (b) {
      twoRows<S>(
        tile, blocks,
        a + integers, a + scales, first,
        b + integers, b + scales, load<usize>(outputs, 4) + place,
      );
    } else {
      oneTile<S>(tile, blocks, a + integers, a + scales, first);
    }
    count -= 4;
    inputs += 16;
    outputs += 16;
  }
}
