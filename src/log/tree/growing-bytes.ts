const FIRST_BYTES = 1024;

/** Bytes that only grow at their end, so that adding to them costs no more than what is added. */
export class GrowingBytes {
  private buffer = new Uint8Array(FIRST_BYTES);
  private used = 0;

  /** How many there are. */
  get length(): number {
    return this.used;
  }

  /** Adds bytes. */
  push(bytes: Uint8Array): void {
    const needed = this.used + bytes.length;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, this.used));
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.used);
    this.used = needed;
  }

  /** All of them, in an array of its own that later additions do not change. */
  copy(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }
}
