import { KIND_F16, KIND_INT8, Model, Row, Run } from './state';
import { fillRope } from './rope';

/** One row of the embedding table, as float32 [D]. */
function embedToken(model: Model, token: i32, target: usize): void {
  const size = model.hiddenSize;
  if (model.embeddingKind == KIND_INT8) {
    const source = model.embeddingData + <usize>token * <usize>size;
    const scales = model.embeddingScales + <usize>token * <usize>(size >> 5) * 4;
    for (let i = 0; i < size; i += 4) {
      const integers = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(source + i)));
      const scale = v128.load32_splat(scales + ((<usize>(i >> 5)) << 2));
      v128.store(target + ((<usize>i) << 2), f32x4.mul(f32x4.convert_i32x4_s(integers), scale));
    }
  } else if (model.embeddingKind == KIND_F16) {
    const source = model.embeddingData + <usize>token * <usize>size * 2;
    const power = i32x4.splat(0x77800000); // 2^112 moves the exponent of binary16 to that of float32
    for (let i = 0; i < size; i += 4) {
      const half = v128.load16x4_u(source + ((<usize>i) << 1));
      const magnitude = f32x4.mul(i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13), power);
      v128.store(
        target + ((<usize>i) << 2),
        v128.or(magnitude, i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16)),
      );
    }
  } else {
    memory.copy(target, model.embeddingData + <usize>token * <usize>size * 4, (<usize>size) << 2);
  }
}

/** Starts the residual stream of every row and computes its rotations. So little work that the leader does it alone. */
export function embed(model: Model, run: Run): void {
  for (let r = 0; r < run.rows; r++) {
    const row = changetype<Row>(run.rowTable + <usize>r * offsetof<Row>());
    embedToken(model, row.token, run.residual + <usize>r * <usize>model.hiddenSize * 4);
    fillRope(model.frequencies, model.headDim, row.position, run.rope + <usize>r * <usize>model.headDim * 4);
  }
}
