import { INT8_TILE_BYTES, SCALE_COLUMNS, TILE_ROWS } from './format.js';

// Adding and taking away 1.5 * 2^52 rounds a float64 to a whole number, ties to even, in two additions.
const ROUND = 6755399441055744;
const LARGEST = 127;

/** The scale of the values from `from` to `to`; 0 when all integers would be 0. */
export type ScaleRule = (values: Float32Array, from: number, to: number) => number;

/** The scale of 32 values: their greatest magnitude / 127 in float32. */
export function greatestScale(values: Float32Array, from: number, to: number): number {
  let greatest = 0;
  for (let i = from; i < to; i++) {
    const magnitude = Math.abs(values[i]);
    if (magnitude > greatest) greatest = magnitude;
  }
  return Math.fround(greatest / LARGEST);
}

const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);

/**
 * The greatest power of two that all values are whole multiples of. For values that are few steps of a common power of two,
 * as in MXFP4, integers by this scale are exact.
 */
export function exactScale(values: Float32Array, from: number, to: number): number {
  let lowest = Infinity;
  for (let i = from; i < to; i++) {
    single[0] = values[i];
    const exponent = (word[0] >>> 23) & 255;
    const mantissa = (word[0] & 0x7fffff) | (exponent === 0 ? 0 : 0x800000);
    if (mantissa === 0) continue;
    const trailingZeros = 31 - Math.clz32(mantissa & -mantissa);
    lowest = Math.min(lowest, Math.max(exponent, 1) - 150 + trailingZeros);
  }
  return lowest === Infinity ? 0 : 2 ** lowest;
}

/** A value as a multiple of its scale, rounded half to even, within -127..127. */
export function quantizeValue(value: number, scale: number): number {
  if (scale === 0) return 0;
  const rounded = value / scale + ROUND - ROUND;
  return rounded > LARGEST ? LARGEST : rounded < -LARGEST ? -LARGEST : rounded;
}

/**
 * Quantizes up to 16 rows into one row of int8 tile16 tiles.
 * @param values rows x columns, row-major  @param out ceil(columns / 32) x 576 bytes, overwritten
 */
export function quantizeTile16(
  values: Float32Array,
  rows: number,
  columns: number,
  out: Uint8Array,
  scaleOf: ScaleRule = greatestScale,
): void {
  out.fill(0);
  const blocks = Math.ceil(columns / SCALE_COLUMNS);
  const scales = new Float32Array(out.buffer, out.byteOffset, (blocks * INT8_TILE_BYTES) / 4);
  const integers = new Int8Array(out.buffer, out.byteOffset, blocks * INT8_TILE_BYTES);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = row * columns + block * SCALE_COLUMNS;
      const count = Math.min(SCALE_COLUMNS, columns - block * SCALE_COLUMNS);
      const scale = scaleOf(values, first, first + count);
      const tile = block * INT8_TILE_BYTES;
      scales[tile / 4 + row] = scale;
      const place = tile + TILE_ROWS * 4 + (row >> 2) * 16 + (row & 3) * 4;
      for (let i = 0; i < count; i++) {
        integers[place + (i >> 2) * 64 + (i & 3)] = quantizeValue(values[first + i], scale);
      }
    }
  }
}

/** The scales of rows for the row-major int8 layout: rows x ceil(columns / 32). */
export function quantizeRowScales(
  values: Float32Array,
  rows: number,
  columns: number,
  out: Float32Array,
  scaleOf: ScaleRule = greatestScale,
): void {
  const blocks = Math.ceil(columns / SCALE_COLUMNS);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = row * columns + block * SCALE_COLUMNS;
      const end = Math.min(first + SCALE_COLUMNS, (row + 1) * columns);
      out[row * blocks + block] = scaleOf(values, first, end);
    }
  }
}

/** The integers of rows for the row-major int8 layout: rows x columns padded to 32. */
export function quantizeRowIntegers(
  values: Float32Array,
  rows: number,
  columns: number,
  out: Int8Array,
  scaleOf: ScaleRule = greatestScale,
): void {
  out.fill(0);
  const blocks = Math.ceil(columns / SCALE_COLUMNS);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = row * columns + block * SCALE_COLUMNS;
      const end = Math.min(first + SCALE_COLUMNS, (row + 1) * columns);
      const scale = scaleOf(values, first, end);
      const place = (row * blocks + block) * SCALE_COLUMNS;
      for (let i = first; i < end; i++) out[place + i - first] = quantizeValue(values[i], scale);
    }
  }
}
