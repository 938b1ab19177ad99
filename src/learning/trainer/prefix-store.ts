/**
 * Outputs of the frozen front of the model, by example: what an example looks like to the first layer that learns never changes, so it
 * is computed once. Bounded in bytes; the example that was used longest ago goes first.
 */
export class PrefixStore {
  private readonly rows = new Map<number, Float32Array>();
  private bytes = 0;

  /** @param limit most bytes kept; 0 keeps nothing */
  constructor(private readonly limit: number) {}

  /** f32 [tokens][hidden] of an example, if it is known. */
  get(example: number): Float32Array | undefined {
    const found = this.rows.get(example);
    if (found === undefined) return undefined;
    this.rows.delete(example);
    this.rows.set(example, found);
    return found;
  }

  /** Keeps a copy. */
  put(example: number, values: Float32Array): void {
    if (values.byteLength > this.limit || this.rows.has(example)) return;
    for (const [oldest, old] of this.rows) {
      if (this.bytes + values.byteLength <= this.limit) break;
      this.rows.delete(oldest);
      this.bytes -= old.byteLength;
    }
    this.rows.set(example, Float32Array.from(values));
    this.bytes += values.byteLength;
  }
}
