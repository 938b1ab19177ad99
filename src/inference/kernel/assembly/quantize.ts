import { maxLanes, ROUNDER, ROUNDER_BITS, splat } from './math';
import { recordBytes } from './state';

/** Where the int16 values of an activation record start. */
// @ts-ignore: decorator
@inline
export function integersOf(record: usize, columns: i32): usize {
  return record + (<usize>columns << 2);
}

/** Where the scales of an activation record start. */
// @ts-ignore: decorator
@inline
export function scalesOf(record: usize, columns: i32): usize {
  return record + <usize>columns * 6;
}

/** Where the sums of an activation record start. */
// @ts-ignore: decorator
@inline
export function sumsOf(record: usize, columns: i32): usize {
  return record + <usize>columns * 6 + (<usize>columns >> 3);
}

/** What stands for 0 in an int4 matrix, whose integers are kept without a sign. */
const INT4_ZERO = 8;

// @ts-ignore: decorator
@inline
function addLanes(a: v128): i32 {
  return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1) + i32x4.extract_lane(a, 2) + i32x4.extract_lane(a, 3);
}

/** The greatest integer of an activation, in 8 bits; `bench/golden.mjs --activations` compiles the kernel with another. */
const STEPS: f32 = 127;

/** Magnitudes up to this count as 0: 127 / them would not be a finite float32. */
const LEAST: f32 = 1e-36;

/** Magnitudes of four floats as bits, which are in the same order; what is no number comes last. */
// @ts-ignore: decorator
@inline
function magnitudes(address: usize): v128 {
  return v128.and(v128.load(address), i32x4.splat(0x7fffffff));
}

/** Four whole numbers next to the floats times a factor, ties to even. */
// @ts-ignore: decorator
@inline
function rounded(address: usize, factor: v128): v128 {
  const sum = f32x4.add(f32x4.mul(v128.load(address), factor), splat(ROUNDER));
  return i32x4.sub(sum, i32x4.splat(ROUNDER_BITS));
}

/**
 * Quantises blocks `first` to `end` (32 columns each) of an activation record: scale = greatest magnitude / 127, integers
 * rounded half to even. Kept as int16, which is what the dot product wants to read; their sums serve int4 matrices.
 */
export function quantize(record: usize, columns: i32, first: i32, end: i32): void {
  const integers = integersOf(record, columns);
  const scales = scalesOf(record, columns);
  const sums = sumsOf(record, columns);
  for (let block = first; block < end; block++) {
    const source = record + (<usize>block << 7);
    let greatest = magnitudes(source);
    for (let i: usize = 16; i < 128; i += 16) greatest = i32x4.max_s(greatest, magnitudes(source + i));
    const most = maxLanes(greatest);
    store<f32>(scales + (<usize>block << 2), most / STEPS);
    const factor = splat(most > LEAST ? STEPS / most : 0);
    const target = integers + (<usize>block << 6);
    let sum = i32x4.splat(0);
    for (let i: usize = 0; i < 128; i += 32) {
      const low = rounded(source + i, factor);
      const high = rounded(source + i + 16, factor);
      v128.store(target + (i >> 1), i16x8.narrow_i32x4_s(low, high));
      sum = i32x4.add(sum, i32x4.add(low, high));
    }
    store<i32>(sums + (<usize>block << 2), -INT4_ZERO * addLanes(sum));
  }
}

/** Quantises a whole record. */
export function quantizeRecord(record: usize, columns: i32): void {
  quantize(record, columns, 0, columns >> 5);
}

/** The i-th record of an array of records. */
// @ts-ignore: decorator
@inline
export function recordAt(base: usize, index: i32, columns: i32): usize {
  return base + <usize>index * recordBytes(columns);
}
