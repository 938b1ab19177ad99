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
