import { createCipheriv } from 'node:crypto';
import { ln } from '../../common/mathematics.js';

const BYTES = 8;
const PRECISION = 2 ** 53;
/** Bytes of the stream that are made at once. */
const MADE = 65_536;

/**
 * The values with normal noise of this deviation on each of them. The same key gives the same noise; nobody without it can take it off again.
 * @param key 32 bytes that were used for no other values
 */
export function withNoise(values: Float32Array, deviation: number, key: Uint8Array): Float32Array {
  const noise = normals(key);
  return values.map((value) => value + deviation * noise.next().value);
}

/** Standard normal numbers without end, by the polar method (G. Marsaglia, T. Bray, A Convenient Method, SIAM Review 6, 1964). */
function* normals(key: Uint8Array): Generator<number, never> {
  const draw = uniform(key);
  for (;;) {
    const [x, y] = [draw.next().value, draw.next().value];
    const square = x * x + y * y;
    if (square >= 1 || square === 0) continue;
    const factor = Math.sqrt((-2 * ln(square)) / square);
    yield x * factor;
    yield y * factor;
  }
}

/** Even numbers from -1 to 1 without end, of the key stream of AES-256 in counter mode. */
function* uniform(key: Uint8Array): Generator<number, never> {
  const stream = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  const zeros = new Uint8Array(MADE);
  for (;;) {
    const bytes = stream.update(zeros);
    for (let at = 0; at < MADE; at += BYTES)
      yield (2 * Number(bytes.readBigUInt64LE(at) >> 11n)) / PRECISION - 1;
  }
}
