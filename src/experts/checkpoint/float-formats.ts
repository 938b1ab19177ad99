import { CodedError } from '../../common/index.js';
import { fromHalf, toHalf } from '../tensorblock/index.js';

/** Element types of the weights that can be imported. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** Bytes per element. */
export const FLOAT_BYTES: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

let halfTable: Float32Array | null = null;

/** All 65,536 halves, widened: one load per element instead of a dozen operations. */
function table(): Float32Array {
  halfTable ??= Float32Array.from({ length: 0x10000 }, (_, half) => fromHalf(half));
  return halfTable;
}

/**
 * Widens little-endian elements to f32, exactly, and refuses NaN and infinities.
 * @param source raw bytes, `count × FLOAT_BYTES[dtype]`, 2- or 4-byte aligned  @param into at least `count` elements
 * @returns the index of the first element that is not finite, or -1
 */
export function widenToFloat32(
  dtype: FloatDtype,
  source: Uint8Array,
  into: Float32Array,
  count: number,
): number {
  if (dtype === 'F32') return widenSingle(new Float32Array(source.buffer, source.byteOffset, count), into);
  const halves = new Uint16Array(source.buffer, source.byteOffset, count);
  return dtype === 'F16' ? widenHalves(halves, into) : widenBrain(halves, into);
}

function widenSingle(source: Float32Array, into: Float32Array): number {
  into.set(source);
  const words = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < words.length; i++) if ((words[i] & 0x7f800000) === 0x7f800000) return i;
  return -1;
}

function widenHalves(source: Uint16Array, into: Float32Array): number {
  const widened = table();
  for (let i = 0; i < source.length; i++) {
    if ((source[i] & 0x7c00) === 0x7c00) return i;
    into[i] = widened[source[i]];
  }
  return -1;
}

function widenBrain(source: Uint16Array, into: Float32Array): number {
  const target = new Uint32Array(into.buffer, into.byteOffset, source.length);
  for (let i = 0; i < source.length; i++) {
    if ((source[i] & 0x7f80) === 0x7f80) return i;
    target[i] = source[i] << 16;
  }
  return -1;
}

/** The index of the first value that f16 cannot hold exactly, or -1. */
export function firstBeyondHalf(values: Float32Array): number {
  return values.findIndex((value) => fromHalf(toHalf(value)) !== value);
}

const BLOCK = 32;
const INT8_STEPS = 127;

/**
 * The index of the first value that f16 holds less exactly than 8-bit integers in blocks of 32 may, or -1: of values from
 * BF16, those beyond its range, and those of blocks that lie among its subnormal numbers.
 * @param values whole rows, a multiple of 32 columns wide
 */
export function firstWorseInHalf(values: Float32Array): number {
  for (let from = 0; from < values.length; from += BLOCK) {
    const block = values.subarray(from, from + BLOCK);
    const halfStep = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / INT8_STEPS / 2;
    const worse = block.findIndex((value) => !(Math.abs(fromHalf(toHalf(value)) - value) <= halfStep));
    if (worse !== -1) return from + worse;
  }
  return -1;
}

/** Whether a dtype of a checkpoint is one that can be imported. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(FLOAT_BYTES, dtype);
}

/** The refusal of a tensor that is not stored as floats. */
export function dtypeRefusal(tensor: string, dtype: string): CodedError {
  return new CodedError(
    'IMPORT_DTYPE',
    `tensor ${tensor} is stored as ${dtype}; supported are F32, F16 and BF16`,
    { tensor, dtype },
  );
}
