import { CodedError, type Result } from '../../common/index.js';
import type { FloatDtype } from './float-formats.js';
import type { SafetensorsFile } from './safetensors-file.js';
import type { TensorRecord } from './safetensors-header.js';

/** A tensor of a safetensors file, as it lies there. */
export interface StoredTensor {
  readonly file: SafetensorsFile;
  readonly record: TensorRecord;
}

/** A matrix (or, with one row, a vector) as a block wants it, wherever and however the checkpoint keeps it. */
export interface SourceTensor {
  /** Name of the checkpoint's tensor, for messages. */
  readonly name: string;
  readonly dtype: FloatDtype | 'MXFP4';
  readonly rows: number;
  readonly columns: number;
  /** Bytes of the checkpoint per element; MXFP4: 17 / 32. */
  readonly bytesPerElement: number;
  /**
   * Reads whole rows as f32; refuses NaN and infinities by tensor and position (`IMPORT_NOT_FINITE`).
   * @param into at least `count × columns` elements, row-major
   */
  readRows(firstRow: number, count: number, into: Float32Array): Promise<Result<void>>;
}

/** The refusal of a tensor of another shape than config.json asks for. */
export function shapeRefusal(
  name: string,
  shape: readonly number[],
  expected: readonly number[],
): CodedError {
  const message = `tensor ${name} has shape [${shape.join(', ')}], config.json asks for [${expected.join(', ')}]`;
  return new CodedError('IMPORT_TENSOR_SHAPE', message, { tensor: name });
}

/** Whether a tensor has exactly this shape. */
export function hasShape(shape: readonly number[], expected: readonly number[]): boolean {
  return shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);
}

/** The refusal of a value that is no finite number, by its place in the tensor as stored: its last axis is the column. */
export function notFinite(name: string, position: number, columns: number): CodedError {
  const [row, column] = [Math.floor(position / columns), position % columns];
  const message = `tensor ${name} holds NaN or an infinity at row ${row}, column ${column}`;
  return new CodedError('IMPORT_NOT_FINITE', message, { tensor: name, row, column });
}
