import { CodedError, err, ok, type Result } from '../../common/index.js';

/** Element types of a TensorBlock, as the header numbers them. */
export const DTYPE = { f16: 1, int8: 2, fp8: 3, f32: 4, int4: 5 } as const;
/** How elements lie in the data section. */
export const LAYOUT = { rowMajor: 0, columnMajor: 1, tile16: 2 } as const;
/** How integers get their scale. */
export const QUANTIZATION = { none: 0, perChannel: 1, perBlock32: 2 } as const;

/** Element types that this version writes and reads. */
export type TensorDtype = 'f16' | 'int8' | 'int4' | 'f32';
/** Layouts that this version writes and reads. */
export type TensorLayout = 'rowMajor' | 'tile16';

/**
 * What a TensorBlock holds: a matrix of `rows` x `columns` elements. int8 and int4 always have one scale per 32 columns; int4
 * exists as tile16 only.
 */
export interface TensorSpec {
  readonly dtype: TensorDtype;
  readonly layout: TensorLayout;
  readonly rows: number;
  readonly columns: number;
}

/** A spec with the place of everything, all in bytes from the start of the TensorBlock. */
export interface TensorPlan extends TensorSpec {
  /** First byte of the scales; equals `dataOffset` where scales lie between the integers (tile16); 0 = no scales. */
  readonly scaleOffset: number;
  readonly dataOffset: number;
  /** Rows and columns after padding with zeros (tile16: to 16 and, for integers, to 32; int8 row-major: columns to 32). */
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
/** Bytes of one int4 tile: 16 float32 scales, then 16 x 32 integers, two a byte. */
export const INT4_TILE_BYTES = 320;

const LARGEST_SIDE = 2 ** 31 - 64;
const BYTES = { f16: 2, int8: 1, int4: 0.5, f32: 4 } as const;

/**
 * Lays a tensor out. Refuses `TENSORBLOCK_SHAPE` (empty or larger than 2^53 bytes) and `TENSORBLOCK_UNSUPPORTED` (int4 that
 * is not tile16).
 */
export function planTensor(spec: TensorSpec): Result<TensorPlan> {
  for (const side of [spec.rows, spec.columns]) {
    if (!Number.isSafeInteger(side) || side < 1 || side > LARGEST_SIDE) return shapeError(spec);
  }
  const integers = isInteger(spec.dtype);
  const tiled = spec.layout === 'tile16';
  if (spec.dtype === 'int4' && !tiled) return unsupported();
  const paddedRows = tiled ? roundUp(spec.rows, TILE_ROWS) : spec.rows;
  const paddedColumns = integers ? roundUp(spec.columns, SCALE_COLUMNS) : spec.columns;
  const scalesApart = integers && !tiled;
  const scaleBytes = scalesApart ? (spec.rows * paddedColumns * 4) / SCALE_COLUMNS : 0;
  const dataOffset = HEADER_BYTES + roundUp(scaleBytes, SECTION_ALIGNMENT);
  const stepBytes = stepSize(spec, paddedColumns);
  const dataBytes = (tiled ? paddedRows / TILE_ROWS : spec.rows) * stepBytes;
  const length = roundUp(dataOffset + dataBytes, SECTION_ALIGNMENT);
  if (!Number.isSafeInteger(length)) return shapeError(spec);
  const scaleOffset = scalesApart ? HEADER_BYTES : integers ? dataOffset : 0;
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
  const tileBytes = tileBytesOf(spec);
  if (tileBytes !== null) return (paddedColumns / SCALE_COLUMNS) * tileBytes;
  const rowBytes = paddedColumns * BYTES[spec.dtype];
  return spec.layout === 'tile16' ? TILE_ROWS * rowBytes : rowBytes;
}

/** Whether elements are integers with a scale per 32 columns. */
export function isInteger(dtype: TensorDtype): dtype is 'int8' | 'int4' {
  return dtype === 'int8' || dtype === 'int4';
}

/** Bytes of a tile that holds scales and integers; null where a tensor has none. */
export function tileBytesOf({ dtype, layout }: Pick<TensorSpec, 'dtype' | 'layout'>): number | null {
  if (layout !== 'tile16' || !isInteger(dtype)) return null;
  return dtype === 'int8' ? INT8_TILE_BYTES : INT4_TILE_BYTES;
}

function unsupported(): Result<never> {
  const message = 'int4 is kept in the layout tile16 only';
  return err(new CodedError('TENSORBLOCK_UNSUPPORTED', message, { field: 'layout', value: LAYOUT.rowMajor }));
}

function shapeError(spec: TensorSpec): Result<never> {
  const message = `a tensor of ${spec.rows} x ${spec.columns} cannot be laid out`;
  return err(new CodedError('TENSORBLOCK_SHAPE', message, { rows: spec.rows, columns: spec.columns }));
}

/** The smallest multiple of `step` that is not below `value`. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
