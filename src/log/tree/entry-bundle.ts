/** A leaf as it stands in an entry bundle of C2SP tlog-tiles: preceded by its length, 16 bit big-endian. */
export function encodedLeaf(leaf: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(2 + leaf.length);
  encoded[0] = leaf.length >> 8;
  encoded[1] = leaf.length & 0xff;
  encoded.set(leaf, 2);
  return encoded;
}

/** Reads encoded leaves; null when the bytes are not whole leaves. */
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
