import { INT4_TILE_BYTES, SCALE_COLUMNS, TILE_ROWS } from './format.js';

/** What stands for 0: integers from -8 to 7 are kept as 0 to 15. */
export const INT4_ZERO = 8;
const LEAST = -8;
const MOST = 7;
/** Steps of a scale that are tried to either side of the one that fits the value of greatest magnitude. */
const TRIALS = 9;
const TRIAL_STEP = 0.1;

/**
 * Where an int4 tile keeps row 0..15, column 0..31: byte, and bits to shift right. For each 8 columns and each 4 rows there are 8
 * 16-bit words, one per row and parity of the column; a word holds its 4 columns from the lowest bits up.
 */
export function int4Place(row: number, column: number): readonly [byte: number, shift: number] {
  const word = (column >> 3) * 32 + (row >> 2) * 8 + (row & 3) * 2 + (column & 1);
  const nibble = (column & 7) >> 1;
  return [TILE_ROWS * 4 + word * 2 + (nibble >> 1), (nibble & 1) * 4];
}

/**
 * Quantizes up to 16 rows into one row of int4 tile16 tiles.
 * @param values rows x columns, row-major  @param out ceil(columns / 32) x 320 bytes, overwritten
 */
export function quantizeInt4Tile16(
  values: Float32Array,
  rows: number,
  columns: number,
  out: Uint8Array,
): void {
  const blocks = Math.ceil(columns / SCALE_COLUMNS);
  const view = new DataView(out.buffer, out.byteOffset, blocks * INT4_TILE_BYTES);
  const integers = new Int8Array(SCALE_COLUMNS);
  for (let block = 0; block < blocks; block++) {
    const tile = block * INT4_TILE_BYTES;
    out.fill(0, tile, tile + TILE_ROWS * 4);
    out.fill(INT4_ZERO * 17, tile + TILE_ROWS * 4, tile + INT4_TILE_BYTES);
    for (let row = 0; row < rows; row++) {
      const first = row * columns + block * SCALE_COLUMNS;
      const count = Math.min(SCALE_COLUMNS, columns - block * SCALE_COLUMNS);
      const scale = fitInt4(values.subarray(first, first + count), integers);
      view.setFloat32(tile + row * 4, scale, true);
      for (let i = 0; i < count; i++) {
        const [byte, shift] = int4Place(row, i);
        out[tile + byte] = (out[tile + byte] & ~(15 << shift)) | ((integers[i] + INT4_ZERO) << shift);
      }
    }
  }
}

/**
 * The scale and the integers with the least sum of squared errors among a few candidates: for each candidate the values are
 * rounded (half to even), then the scale that fits these integers best (least squares) is taken. Computed in float64 in one
 * order: the same input gives the same bytes everywhere.
 * @param integers out: -8..7 for each value  @returns float32; may be negative
 */
export function fitInt4(values: Float32Array, integers: Int8Array): number {
  let extreme = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  integers.fill(0);
  if (extreme === 0) return 0;
  let best = -1;
  let scale = 0;
  const trial = new Int8Array(values.length);
  for (let step = -TRIALS; step <= TRIALS; step++) {
    const inverse = (LEAST + step * TRIAL_STEP) / extreme;
    const [products, squares] = roundAll(values, inverse, trial);
    // the squared error is the values' own squares less this
    if (squares === 0 || (products * products) / squares <= best) continue;
    best = (products * products) / squares;
    scale = products / squares;
    integers.set(trial);
  }
  const rounded = Math.fround(scale);
  if (rounded === 0) integers.fill(0);
  return rounded;
}

/** Rounds all values; returns the sums of value x integer and of integer squared. */
function roundAll(
  values: Float32Array,
  inverse: number,
  out: Int8Array,
): [products: number, squares: number] {
  let [products, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const integer = Math.max(LEAST, Math.min(MOST, roundHalfEven(values[i] * inverse)));
    out[i] = integer;
    products += values[i] * integer;
    squares += integer * integer;
  }
  return [products, squares];
}

// Adding and taking away 1.5 * 2^52 rounds a float64 to a whole number, ties to even.
const ROUND = 6755399441055744;

function roundHalfEven(value: number): number {
  return value + ROUND - ROUND;
}
