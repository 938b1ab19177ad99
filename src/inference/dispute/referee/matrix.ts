import { TensorBlock, int4Place, fromHalf } from '../../../experts/tensorblock/index.js';
import type { TensorPlan } from '../../../experts/tensorblock/index.js';
import { CodedError, err, ok, type Result } from '../../../common/index.js';
import { BLOCK, type ActivationRecord } from './record.js';

const { fround } = Math;

/** A matrix that activations are multiplied with: one output per row. */
export interface PlainMatrix {
  readonly rows: number;
  readonly columns: number;
  /** One element of the product; everything is summed from left to right. */
  product(row: number, input: ActivationRecord): number;
}

/** Reads a tile16 matrix; refuses what is no TensorBlock of that layout. */
export function readMatrix(bytes: Uint8Array): Result<PlainMatrix> {
  const tensor = TensorBlock.decode(bytes);
  if (!tensor.ok) return tensor;
  const { plan } = tensor.value;
  if (plan.layout !== 'tile16')
    return err(new CodedError('DISPUTE_WEIGHTS', 'a matrix is not kept in the layout tile16', {}));
  return ok(plan.dtype === 'int8' || plan.dtype === 'int4' ? integers(plan, bytes) : floats(plan, bytes));
}

/** Exact integer sums per 32 columns, each joined by one multiplication and one addition. */
function integers(plan: TensorPlan, bytes: Uint8Array): PlainMatrix {
  const { rows, columns, paddedColumns } = plan;
  const blocks = paddedColumns / BLOCK;
  const weights = new Int8Array(rows * paddedColumns);
  const scales = new Float32Array(rows * blocks);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tileBytes = plan.stepBytes / blocks;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const tile = plan.dataOffset + (row >> 4) * plan.stepBytes + block * tileBytes;
      scales[row * blocks + block] = view.getFloat32(tile + (row & 15) * 4, true);
      for (let i = 0; i < BLOCK; i++)
        weights[row * paddedColumns + block * BLOCK + i] = integerAt(view, tile, row & 15, i, plan.dtype);
    }
  }
  return {
    rows,
    columns,
    product(row, input) {
      let sum = 0;
      for (let block = 0; block < blocks; block++) {
        const first = row * paddedColumns + block * BLOCK;
        const place = columns + block * BLOCK;
        let exact = 0;
        for (let i = 0; i < BLOCK; i++) exact += weights[first + i] * input[place + i];
        const scale = fround(scales[row * blocks + block] * input[2 * columns + block]);
        sum = fround(sum + fround(fround(exact) * scale));
      }
      return sum;
    },
  };
}

function integerAt(view: DataView, tile: number, row: number, column: number, dtype: string): number {
  if (dtype === 'int4') {
    const [byte, shift] = int4Place(row, column);
    return ((view.getUint8(tile + byte) >> shift) & 15) - 8;
  }
  return view.getInt8(tile + 64 + (column >> 2) * 64 + (row >> 2) * 16 + (row & 3) * 4 + (column & 3));
}

function floats(plan: TensorPlan, bytes: Uint8Array): PlainMatrix {
  const { rows, columns, dtype, dataOffset } = plan;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const weights = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = ((row >> 4) * columns + column) * 16 + (row & 15);
      weights[row * columns + column] =
        dtype === 'f16'
          ? fromHalf(view.getUint16(dataOffset + index * 2, true))
          : view.getFloat32(dataOffset + index * 4, true);
    }
  }
  return {
    rows,
    columns,
    product(row, input) {
      let sum = 0;
      for (let i = 0; i < columns; i++) sum = fround(sum + fround(weights[row * columns + i] * input[i]));
      return sum;
    },
  };
}
