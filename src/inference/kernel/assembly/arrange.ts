// A TensorBlock keeps 4 rows x 4 columns of an int8 tile in each vector. Multiplied in that order, the sums of a row lie in two lanes
// and have to be brought together; with 2 columns of all 16 rows side by side they do not (matmul-int8.ts). So every matrix is put
// into that order once, when it has been verified: about 10 GB/s in the cache, a tenth of what hashing takes.

const TILE_BYTES: usize = 576;

/** Rearranges the integers of `tiles` tiles of an int8 tile16 matrix in place; to be done once. */
export function arrange(matrix: usize, tiles: i32): void {
  const end = matrix + <usize>tiles * TILE_BYTES;
  for (let tile = matrix; tile < end; tile += TILE_BYTES) {
    for (let w = tile + 64; w < tile + TILE_BYTES; w += 64) arrangeColumns(w);
  }
}

/** 4 columns of 16 rows: four vectors of 4 rows x 4 columns become 16 rows x 2 columns twice. */
function arrangeColumns(w: usize): void {
  const a = v128.load(w);
  const b = v128.load(w, 16);
  const c = v128.load(w, 32);
  const d = v128.load(w, 48);
  v128.store(w, v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14));
  v128.store(w, v128.shuffle<i16>(c, d, 0, 2, 4, 6, 8, 10, 12, 14), 16);
  v128.store(w, v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15), 32);
  v128.store(w, v128.shuffle<i16>(c, d, 1, 3, 5, 7, 9, 11, 13, 15), 48);
}
