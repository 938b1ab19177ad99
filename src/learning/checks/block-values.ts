import { unwrap } from '../../common/index.js';
import type { TensorEntry } from '../../experts/index.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import type { Matrix } from './spectrum.js';

/** The payload of a block and where its tensors lie. */
export interface BlockContent {
  readonly payload: Uint8Array;
  readonly tensors: readonly TensorEntry[];
}

/** The tensor of that name; of a large one only evenly spread rows, `mostValues` values at most (but one row). Null: there is none. */
export function matrixOf(
  { payload, tensors }: BlockContent,
  name: string,
  mostValues: number,
): Matrix | null {
  const entry = tensors.find((tensor) => tensor.name === name);
  if (entry === undefined) return null;
  const block = unwrap(TensorBlock.decode(payload.subarray(entry.offset, entry.offset + entry.length)));
  const { columns } = entry;
  const step = Math.max(1, Math.ceil((entry.rows * columns) / mostValues));
  if (step === 1) return { rows: entry.rows, columns, values: block.rows(0, entry.rows) };
  const rows = Math.ceil(entry.rows / step);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) values.set(block.rows(row * step, 1), row * columns);
  return { rows, columns, values };
}

/**
 * The values of all tensors of a block in order; of a large block every n-th one, from a place that `salt` decides, so that nobody who
 * does not know it can change just those. @param mostValues about as many are taken at most
 */
export function vectorOf({ payload, tensors }: BlockContent, mostValues: number, salt: number): Float32Array {
  const total = tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const step = Math.max(1, Math.ceil(total / mostValues));
  const values = new Float32Array(Math.ceil(total / step));
  let [place, count, before] = [salt % step, 0, 0];
  for (const { offset, length, rows, columns } of tensors) {
    const block = unwrap(TensorBlock.decode(payload.subarray(offset, offset + length)));
    const end = before + rows * columns;
    for (; place < end; place += step) {
      const at = place - before;
      values[count++] = block.at(Math.floor(at / columns), at % columns);
    }
    before = end;
  }
  return values.subarray(0, count);
}
