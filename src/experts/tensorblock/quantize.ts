import { INT8_TILE_BYTES, SCALE_COLUMNS, TILE_ROWS } from './format.js';

// Adding and taking away 1.5 * 2^52 rounds a float64 to a whole number, ties to even, in two additions.
const ROUND = 6755399441055744;
const LARGEST = 127;

/** The scale of 32 values: their greatest magnitude / 127 in float32, 0 when all integers would be 0. */
export function scaleOf(values: Float32Array, from: number, to: number): number {
  let greatest = 0;
  for (let i = from; i < to; i++) {
    const magnitude = Math.abs(values[i]);
    if (magnitude > greatest) greatest = magnitude;
  }
  return Math.fround(greatest / LARGEST);
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
export function quantizeTile16(values: Float32Array, rows: number, columns: number, out: Uint8Array): void {
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
