const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** float32 to the nearest IEEE 754 binary16, ties to even; returns its 16 bits. Beyond 65,504 it is infinite. */
export function toHalf(value: number): number {
  floats[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14 a half counts in steps of 2^-24: adding 0.5 leaves that count, rounded by the hardware, in the low bits.
    bits[0] = magnitude;
    floats[0] += 0.5;
    return sign | (bits[0] - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The float32 equal to an IEEE 754 binary16 given by its 16 bits. */
export function fromHalf(half: number): number {
  const exponent = (half >>> 10) & 31;
  if (exponent === 0) return (half & 0x8000 ? -1 : 1) * (half & 0x3ff) * 2 ** -24;
  bits[0] =
    ((half & 0x8000) << 16) |
    (exponent === 31 ? 0x7f800000 : (exponent + 112) << 23) |
    ((half & 0x3ff) << 13);
  return floats[0];
}
