// Rows on their way to the experts and back. `places` says for every row and rank where its copy lies among the rows that are
// grouped by expert (-1: nowhere), `origins` the row that each copy came from. Every sum is made row by row in the order of ranks.

import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { dotFloat } from '../../../inference/kernel/assembly/norm';
import { addScaled } from './gemm';
import { rowOf, word } from './operation';

/** y[i] = x[indices[i]]. Words: x, y, i32 indices, rows of y, columns. */
export function takeRows(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 3);
  const columns = word(operation, 4);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    const from = load<i32>(<usize>word(operation, 2) + (<usize>r << 2));
    memory.copy(rowOf(<usize>word(operation, 1), r, columns), rowOf(<usize>word(operation, 0), from, columns), <usize>columns << 2);
  }
}

/** dx[r] += sum over ranks of dy[places[r][rank]]. Words: dy, dx, i32 places, rows of dx, columns, ranks. */
export function gatherBackward(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 3);
  const columns = word(operation, 4);
  const ranks = word(operation, 5);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    for (let rank = 0; rank < ranks; rank++) {
      const place = load<i32>(<usize>word(operation, 2) + (<usize>(r * ranks + rank) << 2));
      if (place < 0) continue;
      addScaled(rowOf(<usize>word(operation, 1), r, columns), rowOf(<usize>word(operation, 0), place, columns), 1, <usize>columns << 2);
    }
  }
}

/** y[r] += sum over ranks of weight x[places[r][rank]]. Words: x, y, places, rows of y, columns, ranks, routes. */
export function combine(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 3);
  const columns = word(operation, 4);
  const ranks = word(operation, 5);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    for (let rank = 0; rank < ranks; rank++) {
      const i = <usize>(r * ranks + rank);
      const place = load<i32>(<usize>word(operation, 2) + (i << 2));
      const weight = load<f32>(<usize>word(operation, 6) + (i << 3), 4);
      addScaled(rowOf(<usize>word(operation, 1), r, columns), rowOf(<usize>word(operation, 0), place, columns), weight, <usize>columns << 2);
    }
  }
}

/**
 * dx[place] = weight dy[r], and dweight = dy[r] x[place]. Words: x, dy, places, rows, columns, ranks, routes, dx, f32 dweights.
 * A place belongs to one row and rank, so pieces never meet.
 */
export function combineBackward(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 3);
  const columns = word(operation, 4);
  const ranks = word(operation, 5);
  const bytes = <usize>columns << 2;
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    const dy = rowOf(<usize>word(operation, 1), r, columns);
    for (let rank = 0; rank < ranks; rank++) {
      const i = <usize>(r * ranks + rank);
      const place = load<i32>(<usize>word(operation, 2) + (i << 2));
      const weight = v128.load32_splat(<usize>word(operation, 6) + (i << 3) + 4);
      const dx = rowOf(<usize>word(operation, 7), place, columns);
      for (let j: usize = 0; j < bytes; j += 16) v128.store(dx + j, f32x4.mul(v128.load(dy + j), weight));
      const x = rowOf(<usize>word(operation, 0), place, columns);
      store<f32>(<usize>word(operation, 8) + (i << 2), dotFloat(dy, x, columns));
    }
  }
}

/** Groups of four columns that can be shared out. */
export function columnUnits(columns: i32): i32 {
  return (columns + 3) >> 2;
}

/** dtable[indices[r]] += dy[r], by columns. Words: dy, dtable, indices, rows, columns. */
export function embedGradient(operation: usize, piece: i32, pieces: i32): void {
  const columns = word(operation, 4);
  const units = columnUnits(columns);
  const first = <usize>shareStart(units, piece, pieces) << 4;
  const bytes = (<usize>shareStart(units, piece + 1, pieces) << 4) - first;
  for (let r = 0; r < word(operation, 3); r++) {
    const index = load<i32>(<usize>word(operation, 2) + (<usize>r << 2));
    const target = rowOf(<usize>word(operation, 1), index, columns);
    addScaled(target + first, rowOf(<usize>word(operation, 0), r, columns) + first, 1, bytes);
  }
}
