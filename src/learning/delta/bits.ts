/** Writes single bits, the first one into the highest place of the first byte. */
export class BitWriter {
  private readonly bytes: number[] = [];
  private free = 0;

  /** The lowest `count` bits of a number, the highest of them first. @param count up to 30 */
  write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      if (this.free === 0) {
        this.bytes.push(0);
        this.free = 8;
      }
      this.free--;
      this.bytes[this.bytes.length - 1] |= ((value >>> bit) & 1) << this.free;
    }
  }

  /** All whole bytes; what is left of the last one is zero. */
  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** Reads what `BitWriter` wrote. Beyond the end there are zeros, and `overrun` says so. */
export class BitReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** @param count up to 30 */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.at++)
      value = (value << 1) | (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1);
    return value;
  }

  /** Whether more was read than there is. */
  get overrun(): boolean {
    return this.at > this.bytes.length * 8;
  }

  /** Bytes of which something was read. */
  get used(): number {
    return (this.at + 7) >> 3;
  }

  /** Whether all bits that were not read are zeros. */
  get restIsZero(): boolean {
    const rest = this.at & 7;
    const last = rest === 0 ? 0 : this.bytes[this.at >> 3] & (0xff >> rest);
    return last === 0 && this.bytes.subarray(this.used).every((byte) => byte === 0);
  }
}
