// Rotary position embedding (Su et al. 2021) of all heads of all rows, in place; backwards it turns the other way.

import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { rowOf, word } from './operation';

/** Words: x, rows, heads, head size, i32 [rows] positions, f32 [positions][head size] cosines then sines, 1 to turn back. */
export function rotate(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, 1);
  const heads = word(operation, 2);
  const headDim = word(operation, 3);
  const back = word(operation, 6) != 0;
  const half = <usize>headDim << 1;
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) {
    const position = load<i32>(<usize>word(operation, 4) + (<usize>r << 2));
    const angles = rowOf(<usize>word(operation, 5), position, headDim);
    for (let head = 0; head < heads; head++) {
      const x = rowOf(<usize>word(operation, 0), r * heads + head, headDim);
      for (let i: usize = 0; i < half; i += 16) {
        const cosine = v128.load(angles + i);
        let sine = v128.load(angles + half + i);
        if (back) sine = f32x4.neg(sine);
        const a = v128.load(x + i);
        const b = v128.load(x + half + i);
        v128.store(x + i, f32x4.sub(f32x4.mul(a, cosine), f32x4.mul(b, sine)));
        v128.store(x + half + i, f32x4.add(f32x4.mul(b, cosine), f32x4.mul(a, sine)));
      }
    }
  }
}
