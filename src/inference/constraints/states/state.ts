/** Counts above this look alike to a token, none of which has more characters or items in it. */
export const FAR = 256;

/**
 * A place in a text that obeys a constraint: what may follow depends on it alone. `after` is the place behind the value that
 * is being written, so that the open arrays and objects are the chain of `after`s. Places never change.
 */
export abstract class State {
  private exact: string | null = null;
  private coarse: string | null = null;
  private bytes: number | null = null;

  constructor(readonly after: State | null) {}

  /** Adds to `out` the places to which a byte leads; none when the byte is not allowed here. */
  abstract step(byte: number, out: State[]): void;

  /** Whether the text may end here. */
  get complete(): boolean {
    return false;
  }

  /** Characters of plain text (no quote, backslash or control character) that may follow here, whichever they are. */
  get plain(): number {
    return 0;
  }

  /**
   * Bytes that are enough to end the text from here: one of the bytes that may follow leads to a place that needs one less
   * (docs/formats/constraint.md says which end is meant).
   */
  get need(): number {
    this.bytes ??= this.leastBytes();
    return this.bytes;
  }

  /** How many plain characters each lower `need` by one; those behind them leave it as it is. Null: it depends on which they are. */
  get plainShrink(): number | null {
    return 0;
  }

  /** `need` is at most this behind a token of plain text. */
  get plainNeed(): number {
    return this.need;
  }

  /** Names the place: two of one grammar with the same name are the same. */
  get key(): string {
    this.exact ??= `${this.describe(exactly)}/${this.after === null ? '' : this.after.key}`;
    return this.exact;
  }

  /** Names what one token may do here: as `key`, but that far limits are not told apart. */
  get maskKey(): string {
    this.coarse ??= `${this.describe(nearly)}/${this.after === null ? '' : this.after.maskKey}`;
    return this.coarse;
  }

  protected abstract leastBytes(): number;

  /** The place without what follows; `left` is given every number of characters or items still allowed or wanted. */
  protected abstract describe(left: (count: number) => number): string;
}

/** The end of the text: nothing follows. */
export class EndState extends State {
  constructor() {
    super(null);
  }

  step(): void {}

  override get complete(): boolean {
    return true;
  }

  protected leastBytes(): number {
    return 0;
  }

  protected describe(): string {
    return 'end';
  }
}

function exactly(count: number): number {
  return count;
}

function nearly(count: number): number {
  return Math.min(count, FAR);
}
