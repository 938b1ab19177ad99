import { barrier } from './barrier';
import { listAddresses, matmul, shareStart } from './matmul';
import { rmsNorm } from './norm';
import { quantizeRecord, recordAt } from './quantize';
import { Model, recordBytes, Run } from './state';

/** Logits of the rows that want them: f32 [logitRows][V padded to 16]. */
export function computeLogits(
  model: Model,
  run: Run,
  control: usize,
  scratch: usize,
  thread: i32,
  threads: i32,
): void {
  const size = model.hiddenSize;
  for (let i = thread; i < run.logitRows; i += threads) {
    const record = recordAt(run.norm, i, size);
    const row = load<i32>(run.logitTable + ((<usize>i) << 2));
    rmsNorm(run.residual + <usize>row * <usize>size * 4, model.headNorm, size, model.rmsEpsilon, record);
    quantizeRecord(record, size);
  }
  barrier(control, threads);
  const tiles = (model.vocabSize + 15) >> 4;
  const outputs = scratch + ((<usize>run.logitRows) << 2);
  listAddresses(scratch, run.norm, recordBytes(size), run.logitRows);
  listAddresses(outputs, run.logits, (<usize>tiles) << 6, run.logitRows);
  const first = shareStart(tiles, thread, threads);
  matmul(
    model.headData,
    model.headKind,
    first,
    shareStart(tiles, thread + 1, threads),
    size,
    run.logitRows,
    scratch,
    outputs,
  );
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
