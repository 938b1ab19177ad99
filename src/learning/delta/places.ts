import { BitReader, BitWriter } from './bits.js';

const MOST_REMAINDER_BITS = 24;

/** Places as bytes, with how many bits of each gap are written plainly. */
export interface EncodedPlaces {
  readonly bytes: Uint8Array;
  readonly remainderBits: number;
}

/**
 * Ascending places by the gaps between them, each Golomb-Rice coded (R. Rice, Some Practical Universal Noiseless Coding Techniques, JPL 79-22,
 * 1979): the quotient as ones ended by a zero, then the remainder. The parameter is the one of the fewest bits.
 */
export function encodePlaces(places: Uint32Array): EncodedPlaces {
  const gaps = gapsOf(places);
  const remainderBits = bestRemainderBits(gaps);
  const writer = new BitWriter();
  for (const gap of gaps) {
    for (let ones = gap >>> remainderBits; ones > 0; ones--) writer.write(1, 1);
    writer.write(0, 1);
    writer.write(gap & ((1 << remainderBits) - 1), remainderBits);
  }
  return { bytes: writer.finish(), remainderBits };
}

/** Reads `count` places below `size`; null where the bytes are not exactly what `encodePlaces` writes for some. */
export function decodePlaces(
  { bytes, remainderBits }: EncodedPlaces,
  count: number,
  size: number,
): Uint32Array | null {
  if (!Number.isInteger(remainderBits) || remainderBits < 0 || remainderBits > MOST_REMAINDER_BITS)
    return null;
  const reader = new BitReader(bytes);
  const places = new Uint32Array(count);
  for (let i = 0, next = 0; i < count; i++) {
    let quotient = 0;
    while (reader.read(1) === 1) if (++quotient << remainderBits >= size) return null;
    next += (quotient << remainderBits) | reader.read(remainderBits);
    if (next >= size || reader.overrun) return null;
    places[i] = next++;
  }
  const whole = reader.used === bytes.length && reader.restIsZero;
  return whole && remainderBits === bestRemainderBits(gapsOf(places)) ? places : null;
}

function gapsOf(places: Uint32Array): Uint32Array {
  return places.map((place, i) => (i === 0 ? place : place - places[i - 1] - 1));
}

function bestRemainderBits(gaps: Uint32Array): number {
  let [best, fewest] = [0, Infinity];
  for (let bits = 0; bits <= MOST_REMAINDER_BITS; bits++) {
    let total = 0;
    for (const gap of gaps) total += (gap >>> bits) + 1 + bits;
    if (total < fewest) [best, fewest] = [bits, total];
  }
  return best;
}
