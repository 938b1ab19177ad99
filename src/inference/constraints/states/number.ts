import { SchemaNode } from './schema-node.js';
import { State } from './state.js';

const [PLUS, MINUS, POINT, DIGIT_0, DIGIT_9, LETTER_E] = [0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x65];

/** Digits before the point, and behind it, at most; a model that counts on and on comes to an end. */
const MOST_DIGITS = 15;
/** Digits of the exponent at most: every number is finite. */
const MOST_EXPONENT_DIGITS = 2;

type Phase = 'start' | 'minus' | 'zero' | 'whole' | 'point' | 'fraction' | 'e' | 'sign' | 'exponent';

const MAY_END: ReadonlySet<Phase> = new Set<Phase>(['zero', 'whole', 'fraction', 'exponent']);
const MOST: Partial<Record<Phase, number>> = {
  whole: MOST_DIGITS,
  fraction: MOST_DIGITS,
  exponent: MOST_EXPONENT_DIGITS,
};

const ONE_DIGIT_MORE: ReadonlySet<Phase> = new Set<Phase>(['start', 'minus', 'point', 'e', 'sign']);

/** Any number JSON has, up to 15 digits before and behind the point and two in the exponent. */
export class NumberNode extends SchemaNode {
  override height = 0;

  start(after: State): State {
    return new NumberState(this, 'start', 0, after);
  }

  leastHeight(): number {
    return 0;
  }

  protected countBytes(): number {
    return 1;
  }
}

class NumberState extends State {
  declare readonly after: State;

  /** @param digits how many this phase has */
  constructor(
    private readonly node: NumberNode,
    private readonly phase: Phase,
    private readonly digits: number,
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    const next = nextPhase(this.phase, byte);
    if (next === null) {
      if (MAY_END.has(this.phase)) this.after.step(byte, out);
      return;
    }
    const digits = next === this.phase ? this.digits + 1 : 1;
    if (digits <= (MOST[next] ?? 1)) out.push(new NumberState(this.node, next, digits, this.after));
  }

  override get complete(): boolean {
    return MAY_END.has(this.phase) && this.after.complete;
  }

  protected leastBytes(): number {
    return (ONE_DIGIT_MORE.has(this.phase) ? 1 : 0) + this.after.need;
  }

  protected describe(): string {
    return `n${this.node.id}.${this.phase}.${this.digits}`;
  }
}

/** Null: the byte does not belong to the number. */
function nextPhase(phase: Phase, byte: number): Phase | null {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return afterDigit(phase, byte === DIGIT_0);
  if (byte === MINUS && phase === 'start') return 'minus';
  if (byte === POINT && (phase === 'zero' || phase === 'whole')) return 'point';
  if ((byte === PLUS || byte === MINUS) && phase === 'e') return 'sign';
  return (byte | 0x20) === LETTER_E && MAY_END.has(phase) && phase !== 'exponent' ? 'e' : null;
}

function afterDigit(phase: Phase, zero: boolean): Phase | null {
  if (phase === 'start' || phase === 'minus') return zero ? 'zero' : 'whole';
  if (phase === 'zero') return null;
  if (phase === 'point') return 'fraction';
  return phase === 'e' || phase === 'sign' ? 'exponent' : phase;
}
