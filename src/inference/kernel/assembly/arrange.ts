// A TensorBlock keeps 4 rows x 4 columns of an int8 tile in each vector. Multiplied in that order, the sums of a row lie in two lanes
// and have to be brought together; with 2 columns of all 16 rows side by side they do not (matmul-int8.ts). So every matrix is put
// into that order once, when it has been verified: about 10 GB/s in the cache, a tenth of what hashing takes. Where its scales can be
// kept in 16 bits (tile-int8.ts), they are, and its tiles close up.

import { splat } from './math';
import { KIND_INT8, KIND_INT8_SHORT } from './state';
import { scaleBytes, scales0, scales1, scales2, scales3, scalesOf, tileBytes } from './tile-int8';

/**
 * Rearranges the integers of `tiles` tiles of an int8 tile16 matrix in place, and shortens its scales if all of them allow it; to be done
 * once. Returns the kind that the matrix has then.
 */
export function arrange(matrix: usize, tiles: i32): i32 {
  let from = matrix;
  let to = matrix;
  for (const end = matrix + <usize>tiles * tileBytes<f32>(); from < end; from += tileBytes<f32>()) {
    if (!shortenScales(from, to)) {
      widen(matrix, from, to);
      for (; from < end; from += tileBytes<f32>()) arrangeTile(from + scaleBytes<f32>(), from + scaleBytes<f32>());
      return KIND_INT8;
    }
    arrangeTile(from + scaleBytes<f32>(), to + scaleBytes<u16>());
    to += tileBytes<u16>();
  }
  return KIND_INT8_SHORT;
}

/** The bfloat16 nearest to 127 times each scale, in the low half of its lane. */
// @ts-ignore: decorator
@inline
function magnitudesOf(scales: v128): v128 {
  return i32x4.shr_u(i32x4.add(f32x4.mul(scales, splat(127)), i32x4.splat(0x8000)), 16);
}

/** Whether the scales follow, bit for bit, from these magnitudes. */
// @ts-ignore: decorator
@inline
function follow(scales: v128, magnitudes: v128): bool {
  return i32x4.all_true(i32x4.eq(scales, scalesOf(magnitudes)));
}

/** Keeps the scales of a tile as bfloat16 magnitudes; false, with nothing written, where one of them does not follow from such a magnitude. */
function shortenScales(from: usize, to: usize): bool {
  const a = scales0<f32>(from), b = scales1<f32>(from), c = scales2<f32>(from), d = scales3<f32>(from);
  const m = magnitudesOf(a), n = magnitudesOf(b), o = magnitudesOf(c), p = magnitudesOf(d);
  if (!follow(a, m) || !follow(b, n) || !follow(c, o) || !follow(d, p)) return false;
  v128.store(to, i16x8.narrow_i32x4_u(m, n));
  v128.store(to, i16x8.narrow_i32x4_u(o, p), 16);
  return true;
}

/** Takes back what was shortened of a matrix before a tile whose scales forbid it: tiles that end at `to` go to where they end at `from`. */
function widen(matrix: usize, from: usize, to: usize): void {
  while (from > matrix) {
    from -= tileBytes<f32>();
    to -= tileBytes<u16>();
    const a = scales0<u16>(to), b = scales1<u16>(to), c = scales2<u16>(to), d = scales3<u16>(to);
    memory.copy(from + scaleBytes<f32>(), to + scaleBytes<u16>(), 512);
    v128.store(from, a);
    v128.store(from, b, 16);
    v128.store(from, c, 32);
    v128.store(from, d, 48);
  }
}

/** The integers of one tile; `to` may lie before `from`. */
function arrangeTile(from: usize, to: usize): void {
  for (const end = from + 512; from < end; from += 64) {
    arrangeColumns(from, to);
    to += 64;
  }
}

/** 4 columns of 16 rows: four vectors of 4 rows x 4 columns become 16 rows x 2 columns twice. */
function arrangeColumns(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  v128.store(to, v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14));
  v128.store(to, v128.shuffle<i16>(c, d, 0, 2, 4, 6, 8, 10, 12, 14), 16);
  v128.store(to, v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15), 32);
  v128.store(to, v128.shuffle<i16>(c, d, 1, 3, 5, 7, 9, 11, 13, 15), 48);
}
