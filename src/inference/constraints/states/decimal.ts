import { SchemaNode } from './schema-node.js';
import { State } from './state.js';

const [MINUS, POINT, DIGIT_0, DIGIT_9] = [0x2d, 0x2e, 0x30, 0x39];

/** Digits of a safe integer at most. */
const MOST_DIGITS = 16;

/** What a number begins with: nothing yet, a minus, digits before the point, the point, digits behind it. */
type Phase = 'start' | 'minus' | 'whole' | 'point' | 'fraction';

/**
 * A number in plain decimal notation within bounds: `least` and `most` are in units of 10^-places, both safe integers. Written
 * with at most `places` digits behind the point and without an exponent; every prefix it allows leads to a number within.
 */
export class DecimalNode extends SchemaNode {
  constructor(
    id: number,
    readonly least: number,
    readonly most: number,
    readonly places: number,
  ) {
    super(id);
    this.height = least <= most ? 0 : Infinity;
  }

  start(after: State): State {
    return new DecimalState(this, this.nothing, after);
  }

  leastHeight(): number {
    return this.height;
  }

  /** Whether a number of that sign, `value` to `value + spread` without it, lies within. There is no negative zero. */
  reaches(negative: boolean, value: number, spread: number): boolean {
    const [low, high] = this.range(negative);
    return low <= high && value <= high && value + spread >= low;
  }

  /** Fewest bytes that make what is written a number within. */
  rest(written: Written): number {
    const { phase, negative, value, left } = written;
    if (phase === 'start') return Math.min(this.restOfWhole(false), 1 + this.restOfWhole(true));
    if (phase === 'minus') return this.restOfWhole(true);
    const unit = 10 ** left;
    if (phase !== 'whole') {
      const range = { from: value * unit, spread: unit, left };
      return this.restOfFraction(negative, range, phase === 'point' ? 1 : 0);
    }
    let least = Infinity;
    for (let more = 0; more <= (value === 0 ? 0 : MOST_DIGITS); more++) {
      least = Math.min(
        least,
        more + this.behindWhole(negative, value * unit * 10 ** more, unit * 10 ** more),
      );
    }
    return least;
  }

  protected countBytes(): number {
    return this.rest(this.nothing);
  }

  private get nothing(): Written {
    return { phase: 'start', negative: false, value: 0, left: this.places };
  }

  private range(negative: boolean): readonly [low: number, high: number] {
    return negative ? [Math.max(1, -this.most), -this.least] : [Math.max(0, this.least), this.most];
  }

  /** Fewest bytes of a number without its sign. */
  private restOfWhole(negative: boolean): number {
    const unit = 10 ** this.places;
    let least = 1 + this.behindWhole(negative, 0, 10 * unit);
    for (let digits = 2; digits <= MOST_DIGITS; digits++) {
      const from = unit * 10 ** (digits - 1);
      least = Math.min(least, digits + this.behindWhole(negative, from, 9 * from));
    }
    return least;
  }

  /** Fewest bytes behind all digits before the point, which make the number at least `from` and less than `from + spread`. */
  private behindWhole(negative: boolean, from: number, spread: number): number {
    const digits = this.restOfFraction(negative, { from, spread, left: this.places });
    return digits === 0 ? 0 : digits + 1;
  }

  /** Fewest digits behind the point, at least `least`, that make the number lie within; as above, with `left` digits to follow. */
  private restOfFraction(negative: boolean, { from, spread, left }: Reached, least = 0): number {
    const [low, high] = this.range(negative);
    for (let digits = least; digits <= left; digits++) {
      const number = roundUp(Math.max(from, low), 10 ** (left - digits));
      if (number <= high && number < from + spread) return digits;
    }
    return Infinity;
  }
}

/** Numbers that more digits lead to: from `from` to below `from + spread`, with up to `left` digits more behind the point. */
interface Reached {
  readonly from: number;
  readonly spread: number;
  readonly left: number;
}

/** The least multiple of `grain` that is not below `value`; exact for safe integers. */
function roundUp(value: number, grain: number): number {
  const over = value % grain;
  return over === 0 ? value : value + (grain - over);
}

interface Written {
  readonly phase: Phase;
  readonly negative: boolean;
  /** The digits so far, as an integer. */
  readonly value: number;
  /** Digits that may follow behind the point. */
  readonly left: number;
}

class DecimalState extends State {
  declare readonly after: State;

  constructor(
    private readonly node: DecimalNode,
    private readonly written: Written,
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    const next = this.next(byte);
    if (next !== null) {
      if (this.extensible(next)) out.push(new DecimalState(this.node, next, this.after));
    } else if (this.mayEnd) this.after.step(byte, out);
  }

  override get complete(): boolean {
    return this.mayEnd && this.after.complete;
  }

  /** What is written with one more byte that a number may have here; null = the byte does not belong to it. */
  private next(byte: number): Written | null {
    const { phase, negative, value, left } = this.written;
    if (byte === MINUS) return phase === 'start' ? { phase: 'minus', negative: true, value, left } : null;
    if (byte === POINT) return phase === 'whole' && left > 0 ? { ...this.written, phase: 'point' } : null;
    if (byte < DIGIT_0 || byte > DIGIT_9) return null;
    const digit = byte - DIGIT_0;
    if (phase === 'start' || phase === 'minus') return { phase: 'whole', negative, value: digit, left };
    const longer = value * 10 + digit;
    if (phase === 'whole') return value === 0 ? null : { phase, negative, value: longer, left };
    return left === 0 ? null : { phase: 'fraction', negative, value: longer, left: left - 1 };
  }

  private extensible({ phase, negative, value, left }: Written): boolean {
    const { node } = this;
    if (phase === 'minus') return node.reaches(true, 0, Number.MAX_SAFE_INTEGER);
    const unit = 10 ** left;
    if (node.reaches(negative, value * unit, unit - 1)) return true;
    if (phase !== 'whole' || value === 0) return false;
    for (let scale = unit * 10; value * scale <= Number.MAX_SAFE_INTEGER; scale *= 10) {
      if (node.reaches(negative, value * scale, scale - 1)) return true;
    }
    return false;
  }

  private get mayEnd(): boolean {
    const { phase, negative, value, left } = this.written;
    return (phase === 'whole' || phase === 'fraction') && this.node.reaches(negative, value * 10 ** left, 0);
  }

  protected leastBytes(): number {
    return this.node.rest(this.written) + this.after.need;
  }

  protected describe(): string {
    const { phase, negative, value, left } = this.written;
    return `d${this.node.id}.${phase}.${negative ? '-' : ''}${value}.${left}`;
  }
}
