import { CodedError, err, ok, type Result } from '../../common/index.js';
import { isInteger, SCALE_COLUMNS, TILE_ROWS, tileBytesOf, type TensorPlan } from './format.js';
import { fromHalf } from './half.js';
import { decodeTensorHeader } from './header.js';
import { INT4_ZERO, int4Place } from './quantize-int4.js';

/** A TensorBlock that has been checked, over the bytes it was read from. */
export class TensorBlock {
  private readonly view: DataView;

  private constructor(
    readonly plan: TensorPlan,
    bytes: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Checks the header; refuses as `decodeTensorHeader` does. The values are not looked at: see `checkValues`. */
  static decode(bytes: Uint8Array): Result<TensorBlock> {
    const plan = decodeTensorHeader(bytes);
    return plan.ok ? ok(new TensorBlock(plan.value, bytes)) : plan;
  }

  /** The float32 value of one element (integers: integer x scale, rounded to float32). */
  at(row: number, column: number): number {
    const { dtype } = this.plan;
    if (isInteger(dtype)) return Math.fround(this.integerAt(row, column) * this.scaleAt(row, column));
    const place = this.plan.dataOffset + this.elementIndex(row, column) * (dtype === 'f16' ? 2 : 4);
    return dtype === 'f16' ? fromHalf(this.view.getUint16(place, true)) : this.view.getFloat32(place, true);
  }

  /** Rows `first` to `first + count` as float32, row-major. */
  rows(first: number, count: number): Float32Array {
    const { rows, columns } = this.plan;
    if (first < 0 || count < 0 || first + count > rows)
      throw new RangeError(`rows ${first}..${first + count}`);
    const out = new Float32Array(count * columns);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < columns; column++)
        out[row * columns + column] = this.at(first + row, column);
    }
    return out;
  }

  /** Refuses (`TENSORBLOCK_NOT_FINITE`) a tensor with an infinite value or scale, or one that is not a number. */
  checkValues(): Result<void> {
    const { plan } = this;
    const integers = isInteger(plan.dtype);
    const step = integers ? SCALE_COLUMNS : 1;
    for (let row = 0; row < plan.rows; row++) {
      for (let column = 0; column < plan.columns; column += step) {
        const value = integers ? this.scaleAt(row, column) : this.at(row, column);
        if (!Number.isFinite(value)) {
          const message = `the value at row ${row}, column ${column} is not finite`;
          return err(new CodedError('TENSORBLOCK_NOT_FINITE', message, { row, column }));
        }
      }
    }
    return ok();
  }

  private integerAt(row: number, column: number): number {
    const { dtype, layout, dataOffset, paddedColumns } = this.plan;
    if (layout === 'rowMajor') return this.view.getInt8(dataOffset + row * paddedColumns + column);
    if (dtype === 'int4') {
      const [inner, shift] = int4Place(row & 15, column & 31);
      return ((this.view.getUint8(this.tileOffset(row, column) + inner) >> shift) & 15) - INT4_ZERO;
    }
    const inner = ((column & 31) >> 2) * 64 + ((row & 15) >> 2) * 16 + (row & 3) * 4 + (column & 3);
    return this.view.getInt8(this.tileOffset(row, column) + TILE_ROWS * 4 + inner);
  }

  private scaleAt(row: number, column: number): number {
    const { layout, scaleOffset, paddedColumns } = this.plan;
    const block = Math.floor(column / SCALE_COLUMNS);
    if (layout === 'tile16') return this.view.getFloat32(this.tileOffset(row, column) + (row & 15) * 4, true);
    return this.view.getFloat32(scaleOffset + (row * (paddedColumns / SCALE_COLUMNS) + block) * 4, true);
  }

  private tileOffset(row: number, column: number): number {
    const { dataOffset, stepBytes } = this.plan;
    return (
      dataOffset +
      Math.floor(row / TILE_ROWS) * stepBytes +
      Math.floor(column / SCALE_COLUMNS) * (tileBytesOf(this.plan) ?? 0)
    );
  }

  private elementIndex(row: number, column: number): number {
    const { layout, columns } = this.plan;
    if (layout === 'rowMajor') return row * columns + column;
    return (Math.floor(row / TILE_ROWS) * columns + column) * TILE_ROWS + (row % TILE_ROWS);
  }
}
