import { CodedError, err, ok, type Result } from '../../common/index.js';

/** Element types of a TensorBlock, as the header numbers them. */
export const DTYPE = { f16: 1, int8: 2, fp8: 3, f32: 4, int4: 5 } as const;
/** How elements lie in the data section. */
export const LAYOUT = { rowMajor: 0, columnMajor: 1, tile16: 2 } as const;
/** How integers get their scale. */
export const QUANTIZATION = { none: 0, perChannel: 1, perBlock32: 2 } as const;

/** Element types that this version writes and reads. */
export type TensorDtype = 'f16' | 'int8' | 'f32';
/** Layouts that this version writes and reads. */
export type TensorLayout = 'rowMajor' | 'tile16';

/** What a TensorBlock holds: a matrix of `rows` x `columns` elements. int8 always has one scale per 32 columns. */
export interface TensorSpec {
  readonly dtype: TensorDtype;
  readonly layout: TensorLayout;
  readonly rows: number;
  readonly columns: number;
}

/** A spec with the place of everything, all in bytes from the start of the TensorBlock. */
export interface TensorPlan extends TensorSpec {
  /** First byte of the scales; equals `dataOffset` where scales lie between the integers (int8 tile16); 0 = no scales. */
  readonly scaleOffset: number;
  readonly dataOffset: number;
  /** Rows and columns after padding with zeros (tile16: to 16 and, for int8, to 32; int8 row-major: columns to 32). */
  readonly paddedRows: number;
  readonly paddedColumns: number;
  /** Bytes of one step of the data section: one row (row-major) or one tile of 16 rows (tile16). */
  readonly stepBytes: number;
  readonly dataBytes: number;
  /** Whole length, a multiple of 64. */
  readonly length: number;
}

/** Bytes of the header. */
export const HEADER_BYTES = 128;
/** Every section starts on a multiple of this. */
export const SECTION_ALIGNMENT = 64;
/** Rows of a tile. */
export const TILE_ROWS = 16;
/** Columns that share one scale. */
export const SCALE_COLUMNS = 32;
/** Bytes of one int8 tile: 16 float32 scales, then 16 x 32 integers. */
export const INT8_TILE_BYTES = 576;

const LARGEST_SIDE = 2 ** 31 - 64;
const BYTES = { f16: 2, int8: 1, f32: 4 } as const;

/** Lays a tensor out. Refuses (`TENSORBLOCK_SHAPE`) what is empty or larger than 2^53 bytes. */
export function planTensor(spec: TensorSpec): Result<TensorPlan> {
  for (const side of [spec.rows, spec.columns]) {
    if (!Number.isSafeInteger(side) || side < 1 || side > LARGEST_SIDE) return shapeError(spec);
  }
  const int8 = spec.dtype === 'int8';
  const tiled = spec.layout === 'tile16';
  const paddedRows = tiled ? roundUp(spec.rows, TILE_ROWS) : spec.rows;
  const paddedColumns = int8 ? roundUp(spec.columns, SCALE_COLUMNS) : spec.columns;
  const scalesApart = int8 && !tiled;
  const scaleBytes = scalesApart ? (spec.rows * paddedColumns * 4) / SCALE_COLUMNS : 0;
  const dataOffset = HEADER_BYTES + roundUp(scaleBytes, SECTION_ALIGNMENT);
  const stepBytes = stepSize(spec, paddedColumns);
  const dataBytes = (tiled ? paddedRows / TILE_ROWS : spec.rows) * stepBytes;
  const length = roundUp(dataOffset + dataBytes, SECTION_ALIGNMENT);
  if (!Number.isSafeInteger(length)) return shapeError(spec);
  const scaleOffset = scalesApart ? HEADER_BYTES : int8 ? dataOffset : 0;
  return ok({
    dtype: spec.dtype,
    layout: spec.layout,
    rows: spec.rows,
    columns: spec.columns,
    scaleOffset,
    dataOffset,
    paddedRows,
    paddedColumns,
    stepBytes,
    dataBytes,
    length,
  });
}

function stepSize(spec: TensorSpec, paddedColumns: number): number {
  if (spec.layout === 'rowMajor') return paddedColumns * BYTES[spec.dtype];
  if (spec.dtype === 'int8') return (paddedColumns / SCALE_COLUMNS) * INT8_TILE_BYTES;
  return TILE_ROWS * paddedColumns * BYTES[spec.dtype];
}

function shapeError(spec: TensorSpec): Result<never> {
  const message = `a tensor of ${spec.rows} x ${spec.columns} cannot be laid out`;
  return err(new CodedError('TENSORBLOCK_SHAPE', message, { rows: spec.rows, columns: spec.columns }));
}

/** The smallest multiple of `step` that is not below `value`. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
