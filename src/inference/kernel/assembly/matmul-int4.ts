// Products of int4 tile16 matrices with quantised activations. A tile is 16 rows x 32 columns: 16 float32 scales, then for each 8
// columns four vectors of 4 rows; each of a vector's eight 16-bit words holds 4 columns of one row and one parity, kept as 0 to
// 15 for -8 to 7. Masks and shifts take out one column pair after the other; what the missing signs add is 8 times the sum of the
// activations, which the record holds ready. As with int8 the integer sums are exact, and their scaling is one multiply-add per 32
// columns, from left to right. 15 * 127 * 32 fits in 16 bits.

const TILE_BYTES: usize = 320;

// @ts-ignore: decorator
@inline
function dot(sum: v128, weights: v128, activations: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(weights, activations));
}

/** Adds the scaled sums of 4 rows. */
// @ts-ignore: decorator
@inline
function scaled(sum: v128, integers: v128, weightScales: v128, activationScale: v128): v128 {
  return f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(integers), f32x4.mul(weightScales, activationScale)));
}

/**
 * 16 outputs of one row of activations.
 * @param blocks columns / 32  @param scales f32 [blocks], followed by i32 [blocks]: -8 times the sum of the integers
 */
function oneTile(tile: usize, blocks: i32, integers: usize, scales: usize, output: usize): void {
  const low = i16x8.splat(15);
  const sums = scales + (<usize>blocks << 2);
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0;
  for (let block: usize = 0; block < <usize>blocks << 2; block += 4) {
    let a0 = v128.load32_splat(sums + block), a1 = a0, a2 = a0, a3 = a0;
    let w = tile + 64;
    for (const end = tile + TILE_BYTES; w < end; w += 64) {
      const x0 = v128.load32_splat(integers);
      const x1 = v128.load32_splat(integers, 4);
      const x2 = v128.load32_splat(integers, 8);
      const x3 = v128.load32_splat(integers, 12);
      let m = v128.load(w);
      a0 = dot(a0, v128.and(m, low), x0);
      a0 = dot(a0, v128.and(i16x8.shr_u(m, 4), low), x1);
      a0 = dot(a0, v128.and(i16x8.shr_u(m, 8), low), x2);
      a0 = dot(a0, i16x8.shr_u(m, 12), x3);
      m = v128.load(w, 16);
      a1 = dot(a1, v128.and(m, low), x0);
      a1 = dot(a1, v128.and(i16x8.shr_u(m, 4), low), x1);
      a1 = dot(a1, v128.and(i16x8.shr_u(m, 8), low), x2);
      a1 = dot(a1, i16x8.shr_u(m, 12), x3);
      m = v128.load(w, 32);
      a2 = dot(a2, v128.and(m, low), x0);
      a2 = dot(a2, v128.and(i16x8.shr_u(m, 4), low), x1);
      a2 = dot(a2, v128.and(i16x8.shr_u(m, 8), low), x2);
      a2 = dot(a2, i16x8.shr_u(m, 12), x3);
      m = v128.load(w, 48);
      a3 = dot(a3, v128.and(m, low), x0);
      a3 = dot(a3, v128.and(i16x8.shr_u(m, 4), low), x1);
      a3 = dot(a3, v128.and(i16x8.shr_u(m, 8), low), x2);
      a3 = dot(a3, i16x8.shr_u(m, 12), x3);
      integers += 16;
    }
    const s = v128.load32_splat(scales + block);
    y0 = scaled(y0, a0, v128.load(tile), s);
    y1 = scaled(y1, a1, v128.load(tile, 16), s);
    y2 = scaled(y2, a2, v128.load(tile, 32), s);
    y3 = scaled(y3, a3, v128.load(tile, 48), s);
    tile += TILE_BYTES;
  }
  v128.store(output, y0);
  v128.store(output, y1, 16);
  v128.store(output, y2, 32);
  v128.store(output, y3, 48);
}

/** 16 outputs of each of two rows of activations. */
function twoRows(
  tile: usize, blocks: i32,
  integers: usize, scales: usize, output: usize,
  otherIntegers: usize, otherScales: usize, otherOutput: usize,
): void {
  const low = i16x8.splat(15);
  const sums = <usize>blocks << 2;
  let y0 = f32x4.splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = f32x4.splat(0), z1 = z0, z2 = z0, z3 = z0;
  for (let block = 0; block < blocks; block++) {
    let a0 = v128.load32_splat(scales + sums), a1 = a0, a2 = a0, a3 = a0;
    let b0 = v128.load32_splat(otherScales + sums), b1 = b0, b2 = b0, b3 = b0;
    let w = tile + 64;
    for (const end = tile + TILE_BYTES; w < end; w += 64) {
      let x = v128.load32_splat(integers);
      let v = v128.load32_splat(otherIntegers);
      let m = v128.and(v128.load(w), low);
      a0 = dot(a0, m, x);
      b0 = dot(b0, m, v);
      m = v128.and(v128.load(w, 16), low);
      a1 = dot(a1, m, x);
      b1 = dot(b1, m, v);
      m = v128.and(v128.load(w, 32), low);
      a2 = dot(a2, m, x);
      b2 = dot(b2, m, v);
      m = v128.and(v128.load(w, 48), low);
      a3 = dot(a3, m, x);
      b3 = dot(b3, m, v);
      x = v128.load32_splat(integers, 4);
      v = v128.load32_splat(otherIntegers, 4);
      m = v128.and(i16x8.shr_u(v128.load(w), 4), low);
      a0 = dot(a0, m, x);
      b0 = dot(b0, m, v);
      m = v128.and(i16x8.shr_u(v128.load(w, 16), 4), low);
      a1 = dot(a1, m, x);
      b1 = dot(b1, m, v);
      m = v128.and(i16x8.shr_u(v128.load(w, 32), 4), low);
      a2 = dot(a2, m, x);
      b2 = dot(b2, m, v);
      m = v128.and(i16x8.shr_u(v128.load(w, 48), 4), low);
      a3 = dot(a3, m, x);
      b3 = dot(b3, m, v);
      x = v128.load32_splat(integers, 8);
      v = v128.load32_splat(otherIntegers, 8);
      m = v128.and(i16x8.shr_u(v128.load(w), 8), low);
      a0 = dot(a0, m, x);
      b0 = dot(b0, m, v);
      m = v128.and(i16x8.shr_u(v128.load(w, 16), 8), low);
      a1 = dot(a1, m, x);
      b1 = dot(b1, m, v);
      m = v128.and(i16x8.shr_u(v128.load(w, 32), 8), low);
      a2 = dot(a2, m, x);
      b2 = dot(b2, m, v);
      m = v128.and(i16x8.shr_u(v128.load(w, 48), 8), low);
      a3 = dot(a3, m, x);
      b3 = dot(b3, m, v);
      x = v128.load32_splat(integers, 12);
      v = v128.load32_splat(otherIntegers, 12);
      m = i16x8.shr_u(v128.load(w), 12);
      a0 = dot(a0, m, x);
      b0 = dot(b0, m, v);
      m = i16x8.shr_u(v128.load(w, 16), 12);
      a1 = dot(a1, m, x);
      b1 = dot(b1, m, v);
      m = i16x8.shr_u(v128.load(w, 32), 12);
      a2 = dot(a2, m, x);
      b2 = dot(b2, m, v);
      m = i16x8.shr_u(v128.load(w, 48), 12);
      a3 = dot(a3, m, x);
      b3 = dot(b3, m, v);
      integers += 16;
      otherIntegers += 16;
    }
    const s = v128.load32_splat(scales);
    const t = v128.load32_splat(otherScales);
    y0 = scaled(y0, a0, v128.load(tile), s);
    y1 = scaled(y1, a1, v128.load(tile, 16), s);
    y2 = scaled(y2, a2, v128.load(tile, 32), s);
    y3 = scaled(y3, a3, v128.load(tile, 48), s);
    z0 = scaled(z0, b0, v128.load(tile), t);
    z1 = scaled(z1, b1, v128.load(tile, 16), t);
    z2 = scaled(z2, b2, v128.load(tile, 32), t);
    z3 = scaled(z3, b3, v128.load(tile, 48), t);
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
 * Row tiles `first` to `end` of an int4 tile16 matrix times `count` rows of activations; lists as in `matmulInt8`.
 */
export function matmulInt4(
  matrix: usize, first: i32, end: i32, columns: i32, count: i32, inputs: usize, outputs: usize,
): void {
  const blocks = columns >> 5;
  const integers = <usize>blocks << 7;
  const scales = <usize>blocks * 192;
  const tileBytes = <usize>blocks * TILE_BYTES;
  for (let i = first; i < end; i++) {
    const tile = matrix + <usize>i * tileBytes;
    const place = <usize>i << 6;
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
}
