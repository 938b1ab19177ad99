import { SchemaNode } from './schema-node.js';
import { State } from './state.js';
import { BOUNDARY, nextUtf8, REST_OF_UTF8 } from './utf8.js';

const [QUOTE, BACKSLASH, LETTER_U] = [0x22, 0x5c, 0x75];
const FIRST_PRINTABLE = 0x20;
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)));

// Phases above those of UTF-8: before the opening quote, behind a backslash, behind \u with so many digits to come. The second
// digit behind a D is 0 to 7: escapes do not name halves of surrogate pairs.
const [START, ESCAPE, FOUR_DIGITS, THREE_DIGITS, THREE_AFTER_D, TWO_DIGITS, ONE_DIGIT] = [
  16, 17, 18, 19, 20, 21, 22,
];

/** Bytes to the end of an escape, by phase. */
const REST_OF_ESCAPE: Readonly<Record<number, number>> = {
  [ESCAPE]: 1,
  [FOUR_DIGITS]: 4,
  [THREE_DIGITS]: 3,
  [THREE_AFTER_D]: 3,
  [TWO_DIGITS]: 2,
  [ONE_DIGIT]: 1,
};

/** A string of `min` to `max` characters (code points). */
export class TextNode extends SchemaNode {
  constructor(
    id: number,
    readonly min: number,
    readonly max: number,
  ) {
    super(id);
    this.height = min <= max ? 0 : Infinity;
  }

  start(after: State): State {
    return new TextState(this, START, 0, after);
  }

  leastHeight(): number {
    return this.height;
  }

  protected countBytes(): number {
    return this.min + 2;
  }
}

class TextState extends State {
  declare readonly after: State;

  /** @param count characters so far; no more than `min` are counted where there is no `max` */
  constructor(
    private readonly node: TextNode,
    private readonly phase: number,
    private readonly count: number,
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    const { phase } = this;
    if (phase === START) {
      if (byte === QUOTE) out.push(new TextState(this.node, BOUNDARY, 0, this.after));
    } else if (phase === BOUNDARY && byte === QUOTE) {
      if (this.count >= this.node.min) out.push(this.after);
    } else if (phase !== BOUNDARY || this.count < this.node.max) {
      const next = phase < START ? inside(phase, byte) : nextEscape(phase, byte);
      if (next >= 0) out.push(this.at(next));
    }
  }

  override get plain(): number {
    return this.phase === BOUNDARY ? this.node.max - this.count : 0;
  }

  override get plainShrink(): number {
    return Math.max(0, this.node.min - this.count);
  }

  protected leastBytes(): number {
    const { phase, after } = this;
    if (phase === START) return this.node.bytes + after.need;
    const rest = phase < START ? REST_OF_UTF8[phase] : REST_OF_ESCAPE[phase];
    const begun = phase === BOUNDARY ? 0 : 1;
    return rest + Math.max(0, this.node.min - this.count - begun) + 1 + after.need;
  }

  private at(phase: number): TextState {
    if (phase !== BOUNDARY) return new TextState(this.node, phase, this.count, this.after);
    const { min, max } = this.node;
    const count = max === Infinity ? Math.min(min, this.count + 1) : this.count + 1;
    return count === this.count && this.phase === BOUNDARY
      ? this
      : new TextState(this.node, BOUNDARY, count, this.after);
  }

  protected describe(left: (count: number) => number): string {
    const { id, min, max } = this.node;
    return `t${id}.${this.phase}.${left(Math.max(0, min - this.count))}.${left(max - this.count)}`;
  }
}

function inside(phase: number, byte: number): number {
  if (phase === BOUNDARY && byte === BACKSLASH) return ESCAPE;
  return byte < FIRST_PRINTABLE ? -1 : nextUtf8(phase, byte);
}

function nextEscape(phase: number, byte: number): number {
  if (phase === ESCAPE) {
    if (byte === LETTER_U) return FOUR_DIGITS;
    return SIMPLE_ESCAPES.has(byte) ? BOUNDARY : -1;
  }
  const digit = hexDigit(byte);
  if (digit < 0) return -1;
  if (phase === FOUR_DIGITS) return digit === 13 ? THREE_AFTER_D : THREE_DIGITS;
  if (phase === THREE_DIGITS) return TWO_DIGITS;
  if (phase === THREE_AFTER_D) return digit < 8 ? TWO_DIGITS : -1;
  return phase === TWO_DIGITS ? ONE_DIGIT : BOUNDARY;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
