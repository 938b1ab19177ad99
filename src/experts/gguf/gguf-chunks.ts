import { CodedError, messageOf } from '../../common/index.js';
import type { TensorPlan } from '../tensorblock/index.js';
import type { GgufTensorPlan } from './gguf-tensor-plan.js';
import { aligned, ggufTensorBytes } from './gguf-format.js';
import { ggufRows } from './gguf-rows.js';
import { openBlock, type PlacedTensor, type TensorPart, type WeightFiles } from './placed-tensor.js';

const CHUNK_BYTES = 1 << 20;

/** The file from its first byte to its last, in pieces of about a megabyte; as `GgufFile.chunks`. */
export async function* ggufChunks(
  header: Uint8Array,
  tensors: readonly PlacedTensor[],
  files: WeightFiles,
): AsyncGenerator<Uint8Array> {
  yield header;
  const verified = new Set<string>();
  for (const tensor of tensors) {
    for (const part of tensor.parts) yield* partChunks(tensor, part, files, verified);
    const bytes = ggufTensorBytes(tensor);
    if (aligned(bytes) > bytes) yield new Uint8Array(aligned(bytes) - bytes);
  }
}

async function* partChunks(
  tensor: PlacedTensor,
  { source, plan }: TensorPart,
  files: WeightFiles,
  verified: Set<string>,
): AsyncGenerator<Uint8Array> {
  const opened = await openBlock(files, source.block);
  if (!opened.ok) throw opened.error;
  try {
    if (!verified.has(source.block)) await opened.value.verify();
    verified.add(source.block);
    const { rowOrder } = tensor.described;
    const step = rowsPerChunk(plan, rowOrder?.period ?? 16);
    for (let first = 0; first < plan.rows; first += step) {
      const count = Math.min(step, plan.rows - first);
      const rows = await opened.value.rows(source.tensor, plan, first, count);
      yield encode(tensor.name, () => ggufRows(plan, rows, rowsInOrder(count, rowOrder)));
    }
  } finally {
    await opened.value.close();
  }
}

/** A multiple of `period` rows that is about as large as a chunk. */
function rowsPerChunk(plan: TensorPlan, period: number): number {
  const periodBytes = (plan.dataBytes / plan.paddedRows) * period;
  return Math.max(1, Math.floor(CHUNK_BYTES / periodBytes)) * period;
}

function rowsInOrder(count: number, order: GgufTensorPlan['rowOrder']): number[] {
  return Array.from({ length: count }, (_, row) => {
    if (order === undefined) return row;
    const within = row % order.period;
    return row - within + order.source(within);
  });
}

/** What cannot be written is a refusal that names the tensor. */
function encode(tensor: string, work: () => Uint8Array): Uint8Array {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    const message = `${tensor} cannot be exported: ${messageOf(thrown)}`;
    throw new CodedError('GGUF_TENSOR', message, { tensor });
  }
}
