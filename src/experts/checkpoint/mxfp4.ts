/** Elements that share a scale, and the bytes they take: two to a byte. */
export const MXFP4_BLOCK = 32;
/** Bytes of the elements of one block. */
export const MXFP4_BLOCK_BYTES = 16;

/** The values of FP4 E2M1, by their four bits (OCP Microscaling Formats 1.0, section 5.3.3). */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];

/** The largest scale exponent with which 6 × 2^(scale - 127) is still a float32; 255 is NaN. */
const LARGEST_SCALE = 252;

/**
 * Widens MXFP4 blocks to f32, exactly: the even element is in the low half of its byte, the scale is 2^(byte - 127).
 * @param blocks 16 bytes per scale  @param into 32 elements per scale
 * @returns the index of the first scale that no float32 can follow (NaN, or beyond its range), or -1
 */
export function widenMxfp4(blocks: Uint8Array, scales: Uint8Array, into: Float32Array): number {
  for (let block = 0; block < scales.length; block++) {
    if (scales[block] > LARGEST_SCALE) return block;
    const scale = 2 ** (scales[block] - 127);
    const from = block * MXFP4_BLOCK_BYTES;
    for (let i = 0; i < MXFP4_BLOCK_BYTES; i++) {
      const pair = blocks[from + i];
      into[block * MXFP4_BLOCK + 2 * i] = E2M1[pair & 15] * scale;
      into[block * MXFP4_BLOCK + 2 * i + 1] = E2M1[pair >> 4] * scale;
    }
  }
  return -1;
}
