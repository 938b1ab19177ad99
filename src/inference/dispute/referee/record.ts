import { nearest } from '../arithmetic/float32.js';

const { fround } = Math;
/** Columns that share a scale. */
export const BLOCK = 32;

/**
 * Activations in front of a matrix, as one list of float32: n values, the same as n integers, and n / 32 scales. Matrices of floats
 * read the values, matrices of integers the rest.
 */
export type ActivationRecord = Float32Array;

/** Length of the record of so many columns. */
export function recordLength(columns: number): number {
  return 2 * columns + columns / BLOCK;
}

/** Magnitudes up to this count as 0. */
const LEAST = fround(1e-36);

/** Quantises per 32 columns: scale = greatest magnitude / 127, integers rounded half to even. */
export function makeRecord(values: Float32Array): ActivationRecord {
  const n = values.length;
  const record = new Float32Array(recordLength(n));
  record.set(values);
  for (let start = 0; start < n; start += BLOCK) {
    let most = 0;
    for (let i = start; i < start + BLOCK; i++) most = Math.max(most, Math.abs(values[i]));
    record[2 * n + start / BLOCK] = fround(most / 127);
    const factor = most > LEAST ? fround(127 / most) : 0;
    for (let i = start; i < start + BLOCK; i++) record[n + i] = nearest(fround(values[i] * factor)) + 0;
  }
  return record;
}
