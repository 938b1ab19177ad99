const FIRST_CAPACITY = 4096;

/** The beginning of a line whose end has not been read. Grows by doubling, so that tiny pieces cost no more than large ones. */
export class HeldLine {
  /** Bytes held. */
  length = 0;
  private buffer = new Uint8Array(FIRST_CAPACITY);

  /** Copies a piece behind what is held. */
  append(piece: Uint8Array): void {
    const needed = this.length + piece.length;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, this.length));
      this.buffer = larger;
    }
    this.buffer.set(piece, this.length);
    this.length = needed;
  }

  /** What is held; the next line begins empty. Good until the next `append`. */
  take(): Uint8Array {
    const bytes = this.buffer.subarray(0, this.length);
    this.length = 0;
    return bytes;
  }
}
