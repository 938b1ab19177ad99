import { randomBytes } from 'node:crypto';
import { ln } from '../../common/mathematics.js';
import { clipped } from '../consensus/vectors.js';

const BYTES = 8;
const PRECISION = 2 ** 53;
/** Bytes of randomness that are fetched at once. */
const FETCHED = 65_536;

/**
 * An update as it may be shown: no longer than `length`, with normal noise of `sigma * length` on every coordinate, from the operating
 * system's randomness, so that nobody can take it off again.
 */
export function privateUpdate(update: Float32Array, length: number, sigma: number): Float32Array {
  const noise = normals();
  return clipped(update, length).map((value) => value + sigma * length * noise.next().value);
}

/** Standard normal numbers without end, by the polar method (G. Marsaglia, T. Bray, A Convenient Method, SIAM Review 6, 1964). */
function* normals(): Generator<number, never> {
  const draw = uniform();
  for (;;) {
    const [x, y] = [draw.next().value, draw.next().value];
    const square = x * x + y * y;
    if (square >= 1 || square === 0) continue;
    const factor = Math.sqrt((-2 * ln(square)) / square);
    yield x * factor;
    yield y * factor;
  }
}

/** Even numbers from -1 to 1 without end. */
function* uniform(): Generator<number, never> {
  for (;;) {
    const bytes = randomBytes(FETCHED);
    for (let at = 0; at < FETCHED; at += BYTES)
      yield (2 * Number(bytes.readBigUInt64LE(at) >> 11n)) / PRECISION - 1;
  }
}
