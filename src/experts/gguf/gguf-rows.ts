import { fromHalf, int4Place, toHalf, type TensorPlan } from '../tensorblock/index.js';
import { GGML_TYPE, type GgmlType } from './gguf-format.js';
import type { RowBytes } from './weight-reader.js';

/** The element type that holds a stored tensor's values: nothing is rounded but integers' scales, from float32 to float16. */
export function ggmlTypeOf({ dtype }: Pick<TensorPlan, 'dtype'>): GgmlType {
  if (dtype === 'int4') return 'q4_0';
  return dtype === 'int8' ? 'q8_0' : dtype;
}

/**
 * Rows in GGUF's order: row-major, q8_0 and q4_0 as a float16 scale and 32 integers per block.
 *
 * @param order for each row that is written, which of the given rows it is
 * @throws RangeError where a scale is beyond float16, or columns do not fill blocks
 */
export function ggufRows(plan: TensorPlan, rows: RowBytes, order: readonly number[]): Uint8Array {
  const { elements, bytes } = GGML_TYPE[ggmlTypeOf(plan)];
  if (plan.columns % elements !== 0) throw new RangeError(`${plan.columns} columns do not fill blocks`);
  const rowBytes = (plan.columns / elements) * bytes;
  const out = new Uint8Array(order.length * rowBytes);
  const copy = copierOf(plan, rows, out);
  order.forEach((row, i) => copy(row, i * rowBytes));
  return out;
}

/** Copies one row to a place in `out`. */
type CopyRow = (row: number, place: number) => void;

function copierOf(plan: TensorPlan, rows: RowBytes, out: Uint8Array): CopyRow {
  if (plan.dtype === 'int8') return int8Row(plan, rows, out);
  return plan.dtype === 'int4' ? int4Row(plan, rows, out) : floatRow(plan, rows, out);
}

/** A byte holds elements i and i + 16 of a block; 8 stands for 0, as in our tiles. */
function int4Row({ columns, stepBytes }: TensorPlan, { data }: RowBytes, out: Uint8Array): CopyRow {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const target = new DataView(out.buffer);
  return (row, place) => {
    for (let block = 0; block < columns / 32; block++, place += 18) {
      const tile = (row >> 4) * stepBytes + block * 320;
      const integerAt = (column: number): number => {
        const [byte, shift] = int4Place(row & 15, column);
        return (data[tile + byte] >> shift) & 15;
      };
      target.setUint16(place, halfScale(view.getFloat32(tile + (row & 15) * 4, true)), true);
      for (let i = 0; i < 16; i++) out[place + 2 + i] = integerAt(i) | (integerAt(i + 16) << 4);
    }
  };
}

function floatRow(plan: TensorPlan, { data }: RowBytes, out: Uint8Array): CopyRow {
  const { columns, layout, dtype } = plan;
  const size = dtype === 'f16' ? 2 : 4;
  if (layout === 'rowMajor') {
    return (row, place) => out.set(data.subarray(row * columns * size, (row + 1) * columns * size), place);
  }
  return (row, place) => {
    const first = (row >> 4) * columns * 16 + (row & 15);
    for (let column = 0; column < columns; column++) {
      const from = (first + column * 16) * size;
      for (let byte = 0; byte < size; byte++) out[place++] = data[from + byte];
    }
  };
}

function int8Row(plan: TensorPlan, { data, scales }: RowBytes, out: Uint8Array): CopyRow {
  const { columns, paddedColumns, layout, stepBytes } = plan;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const apart = new DataView(scales.buffer, scales.byteOffset, scales.byteLength);
  const target = new DataView(out.buffer);
  if (layout === 'rowMajor') {
    return (row, place) => {
      for (let block = 0; block < columns / 32; block++, place += 34) {
        target.setUint16(
          place,
          halfScale(apart.getFloat32((row * (paddedColumns / 32) + block) * 4, true)),
          true,
        );
        const from = row * paddedColumns + block * 32;
        out.set(data.subarray(from, from + 32), place + 2);
      }
    };
  }
  return (row, place) => {
    for (let block = 0; block < columns / 32; block++, place += 34) {
      const tile = (row >> 4) * stepBytes + block * 576;
      target.setUint16(place, halfScale(view.getFloat32(tile + (row & 15) * 4, true)), true);
      const first = tile + 64 + ((row & 15) >> 2) * 16 + (row & 3) * 4;
      for (let quad = 0; quad < 8; quad++) {
        target.setInt32(place + 2 + quad * 4, view.getInt32(first + quad * 64, true), true);
      }
    }
  };
}

function halfScale(scale: number): number {
  const half = toHalf(scale);
  if (!Number.isFinite(fromHalf(half))) throw new RangeError(`a scale of ${scale} is beyond float16`);
  return half;
}
