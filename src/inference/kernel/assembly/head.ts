import { maxLanes, splat } from './math';
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
  matmul(model.headData, model.headKind, first, end, size, rows, lists, outputs, lists + run.widened);
}

/** The first place of the greatest of `count` values; -1 where one is not finite. */
export function greatestAt(values: usize, count: i32): i32 {
  let zero = i32x4.splat(-1);
  let greatest4 = splat(-Infinity);
  const end = values + (<usize>(count & ~3) << 2);
  let at = values;
  for (; at < end; at += 16) {
    const x = v128.load(at);
    zero = v128.and(zero, f32x4.eq(f32x4.sub(x, x), f32x4.splat(0))); // x - x is 0 unless x is infinite or no number
    greatest4 = f32x4.pmax(greatest4, x);
  }
  if (!i32x4.all_true(zero)) return -1;
  let greatest = maxLanes(greatest4);
  for (const all = values + (<usize>count << 2); at < all; at += 4) {
    const x = load<f32>(at);
    if (x - x != 0) return -1;
    greatest = max(greatest, x);
  }
  for (at = values; at < end; at += 16) {
    if (v128.any_true(f32x4.eq(v128.load(at), splat(greatest)))) break;
  }
  while (load<f32>(at) != greatest) at += 4;
  return <i32>((at - values) >> 2);
}
