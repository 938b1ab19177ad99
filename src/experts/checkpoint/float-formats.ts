import { CodedError, err, ok, type Result } from '../../common/index.js';

/** Element types of the weights that can be imported. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** Bytes per element. */
export const FLOAT_BYTES: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);
let halfTable: Float32Array | null = null;

const SMALLEST_HALF = 5.960464477539063e-8;

/** Widens IEEE 754 binary16 to binary32, exactly. */
export function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return (sign === 0 ? 1 : -1) * fraction * SMALLEST_HALF;
  bits[0] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13);
  return value[0];
}

/** All 65,536 halves, widened: one load per element instead of a dozen operations. */
function table(): Float32Array {
  halfTable ??= Float32Array.from({ length: 0x10000 }, (_, half) => widenHalf(half));
  return halfTable;
}

/**
 * Narrows to binary16 where that is exact; `null` where it is not.
 * @param number a finite binary32 value
 */
export function narrowToHalf(number: number): number | null {
  value[0] = number;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = (bits[0] >>> 23) & 0xff;
  const fraction = bits[0] & 0x7fffff;
  if (exponent === 0 && fraction === 0) return sign;
  const unbiased = exponent - 127;
  if (unbiased > 15 || unbiased < -24) return null;
  if (unbiased >= -14)
    return (fraction & 0x1fff) === 0 ? sign | ((unbiased + 15) << 10) | (fraction >> 13) : null;
  const dropped = -unbiased - 1;
  const significand = fraction | 0x800000;
  return (significand & ((1 << dropped) - 1)) === 0 ? sign | (significand >> dropped) : null;
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
  for (let i = 0; i < source.length; i++) if (!Number.isFinite(source[i])) return i;
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

/** Narrows f32 values to f16 bits; refuses with the index of the first value that f16 cannot hold exactly. */
export function narrowAllToHalf(source: Float32Array, into: Uint16Array): Result<void, number> {
  for (let i = 0; i < source.length; i++) {
    const half = narrowToHalf(source[i]);
    if (half === null) return err(i);
    into[i] = half;
  }
  return ok();
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
