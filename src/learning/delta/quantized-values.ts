import { BitReader, BitWriter } from './bits.js';

/** Bits of a value that is sent. */
export type ValueBits = 8 | 2;

const MOST_STEPS = 127;
const LEVEL_ROUNDS = 4;
const FLOAT_BYTES = 4;

/** Bytes that so many values take: one scale of float32, or two levels, before them. */
export function valueBytes(count: number, bits: ValueBits): number {
  if (count === 0) return 0;
  return bits === 8 ? FLOAT_BYTES + count : 2 * FLOAT_BYTES + Math.ceil(count / 4);
}

/**
 * Values in few bits. With 8: steps of a 127th of the largest. With 2: a sign, and which of two sizes, chosen as k-means does it (S. Lloyd,
 * Least Squares Quantization in PCM, 1982).
 */
export function quantize(values: Float32Array, bits: ValueBits): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  return bits === 8 ? toSteps(values) : toLevels(values);
}

/** What `quantize` has left of the values. @param bytes as long as `valueBytes` says; scales that are no finite number give null */
export function dequantize(bytes: Uint8Array, count: number, bits: ValueBits): Float32Array | null {
  if (count === 0) return new Float32Array(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, second] = [view.getFloat32(0, true), bits === 2 ? view.getFloat32(FLOAT_BYTES, true) : 0];
  if (!Number.isFinite(first) || !Number.isFinite(second)) return null;
  if (bits === 8)
    return Float32Array.from({ length: count }, (_, i) => first * view.getInt8(FLOAT_BYTES + i));
  const reader = new BitReader(bytes.subarray(2 * FLOAT_BYTES));
  return Float32Array.from({ length: count }, () => {
    const sign = reader.read(1) === 1 ? -1 : 1;
    return sign * (reader.read(1) === 1 ? second : first);
  });
}

function toSteps(values: Float32Array): Uint8Array {
  const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / MOST_STEPS);
  const bytes = new Uint8Array(FLOAT_BYTES + values.length);
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, scale, true);
  for (const [i, value] of values.entries()) {
    const steps = scale === 0 ? 0 : Math.round(value / scale);
    view.setInt8(FLOAT_BYTES + i, Math.max(-MOST_STEPS, Math.min(MOST_STEPS, steps)));
  }
  return bytes;
}

function toLevels(values: Float32Array): Uint8Array {
  const [small, large] = levelsOf(values);
  const border = (small + large) / 2;
  const writer = new BitWriter();
  for (const value of values) {
    writer.write(value < 0 ? 1 : 0, 1);
    writer.write(Math.abs(value) > border ? 1 : 0, 1);
  }
  const packed = writer.finish();
  const bytes = new Uint8Array(2 * FLOAT_BYTES + packed.length);
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, small, true);
  view.setFloat32(FLOAT_BYTES, large, true);
  bytes.set(packed, 2 * FLOAT_BYTES);
  return bytes;
}

/** The two sizes that are least wrong in the mean square, float32. */
function levelsOf(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, 0];
  for (const value of values) [low, high] = [Math.min(low, Math.abs(value)), Math.max(high, Math.abs(value))];
  for (let round = 0; round < LEVEL_ROUNDS; round++) {
    const [sums, counts] = [
      [0, 0],
      [0, 0],
    ];
    for (const value of values) {
      const level = Math.abs(value) > (low + high) / 2 ? 1 : 0;
      sums[level] += Math.abs(value);
      counts[level]++;
    }
    [low, high] = [counts[0] === 0 ? low : sums[0] / counts[0], counts[1] === 0 ? high : sums[1] / counts[1]];
  }
  return [Math.fround(low), Math.fround(high)];
}
