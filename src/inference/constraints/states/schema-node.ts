import type { State } from './state.js';

/** Arrays and objects within each other at most, in what is written. */
export const DEEPEST = 64;

/** Bytes of a value at most, as they are counted: more than any answer has. */
const MOST_BYTES = 2 ** 32;

/** A schema that has been understood: what values it allows. */
export abstract class SchemaNode {
  /** Levels of nesting its least nested value has (0 = a scalar); infinite while or if there is no value. */
  height = Infinity;
  private leastBytes: number | null = null;

  /** @param id names the node within its grammar */
  constructor(readonly id: number) {}

  /** The place before a value. `depth` arrays and objects are open around it; `fits(depth)` must hold. */
  abstract start(after: State, depth: number): State;

  /** The height that follows from the heights of the nodes within. */
  abstract leastHeight(): number;

  /** Bytes of its value that is counted on when an answer has to end: the shortest among the least nested ones. */
  get bytes(): number {
    this.leastBytes ??= Math.min(this.countBytes(), MOST_BYTES);
    return this.leastBytes;
  }

  /** Counts `bytes`; asked for where `height` is finite. */
  protected abstract countBytes(): number;

  /** Whether a value can be completed within the deepest nesting. */
  fits(depth: number): boolean {
    return depth + this.height <= DEEPEST;
  }
}
