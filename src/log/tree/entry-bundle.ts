import { concatBytes } from '../../common/hash.js';

/** Leaves as an entry bundle of C2SP tlog-tiles: each preceded by its length, 16 bit big-endian. */
export function encodeBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...leaves.flatMap((leaf) => [Uint8Array.of(leaf.length >> 8, leaf.length & 0xff), leaf]),
  );
}

/** Reads `encodeBundle`; null when the bytes are not whole leaves. */
export function decodeBundle(bytes: Uint8Array): Uint8Array[] | null {
  const leaves: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (offset + 2 > bytes.length) return null;
    const end = offset + 2 + bytes[offset] * 256 + bytes[offset + 1];
    if (end > bytes.length) return null;
    leaves.push(bytes.subarray(offset + 2, end));
    offset = end;
  }
  return leaves;
}

/** The first `count` leaves of a bundle, still encoded; null when it holds fewer. */
export function sliceBundle(bytes: Uint8Array, count: number): Uint8Array | null {
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 2 > bytes.length) return null;
    offset += 2 + bytes[offset] * 256 + bytes[offset + 1];
  }
  return offset <= bytes.length ? bytes.subarray(0, offset) : null;
}
