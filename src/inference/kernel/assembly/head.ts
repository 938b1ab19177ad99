import { listAddresses, matmul, shareStart } from './matmul';
import { rmsNorm } from './norm';
import { quantizeRecord, recordAt } from './quantize';
import { Model, recordBytes, Run } from './state';

/** Normalises and quantises this piece's share of the rows whose logits are wanted, in the order of the list. */
export function normalizeHeads(model: Model, run: Run, piece: i32, pieces: i32): void {
  const size = model.hiddenSize;
  const end = shareStart(run.logitRows, piece + 1, pieces);
  for (let i = shareStart(run.logitRows, piece, pieces); i < end; i++) {
    const record = recordAt(run.norm, i, size);
    const row = load<i32>(run.logitTable + (<usize>i << 2));
    rmsNorm(run.residual + <usize>row * <usize>size * 4, model.headNorm, size, model.rmsEpsilon, record);
    quantizeRecord(record, size);
  }
}

/** This piece's share of the vocabulary for all rows that want logits: f32 [logitRows][V padded to 16]. */
export function computeLogits(model: Model, run: Run, lists: usize, piece: i32, pieces: i32): void {
  const size = model.hiddenSize;
  const rows = run.logitRows;
  const tiles = (model.vocabSize + 15) >> 4;
  const outputs = lists + (<usize>rows << 2);
  listAddresses(lists, run.norm, recordBytes(size), rows);
  listAddresses(outputs, run.logits, <usize>tiles << 6, rows);
  const first = shareStart(tiles, piece, pieces);
  const end = shareStart(tiles, piece + 1, pieces);
  matmul(model.headData, model.headKind, first, end, size, rows, lists, outputs);
}

/** Whether all values are finite; `count` is a multiple of 4. */
export function allFinite(values: usize, count: i32): bool {
  let zero = i32x4.splat(-1);
  for (const end = values + (<usize>count << 2); values < end; values += 16) {
    const x = v128.load(values);
    zero = v128.and(zero, f32x4.eq(f32x4.sub(x, x), f32x4.splat(0))); // x - x is 0 unless x is infinite or no number
  }
  return i32x4.all_true(zero);
}
