import { SchemaNode } from './schema-node.js';
import { State } from './state.js';
import { nextWhiteSpace, NO_SPACE } from './white-space.js';

const [OPEN_BRACKET, CLOSE_BRACKET, COMMA] = [0x5b, 0x5d, 0x2c];

type Phase = 'start' | 'open' | 'item' | 'comma';

/** What an array holds. */
export interface ListRules {
  /** Schemas of the first items. */
  readonly first: readonly SchemaNode[];
  /** Schema of the others; null = there are none. */
  readonly rest: SchemaNode | null;
  readonly min: number;
  readonly max: number;
}

/** An array. */
export class ListNode extends SchemaNode {
  rules: ListRules = { first: [], rest: null, min: 0, max: 0 };

  start(after: State, depth: number): State {
    return new ListState(this, { phase: 'start', count: 0, space: NO_SPACE, depth }, after);
  }

  leastHeight(): number {
    const { first, rest, min, max } = this.rules;
    if (min > max || (min > first.length && rest === null)) return Infinity;
    const needed = [...first.slice(0, min), ...(min > first.length && rest !== null ? [rest] : [])];
    return 1 + Math.max(0, ...needed.map(({ height }) => height));
  }

  /** Bytes of the items that are still needed behind `count`, each with a comma before it. */
  neededBytes(count: number): number {
    const { first, rest, min } = this.rules;
    const listed = first.slice(count, min).reduce((sum, { bytes }) => sum + bytes + 1, 0);
    const others = min - Math.max(count, first.length);
    return others > 0 && rest !== null ? listed + others * (rest.bytes + 1) : listed;
  }

  protected countBytes(): number {
    return 2 + withoutComma(this.neededBytes(0));
  }

  /** The schema of an item at a place, where there may be one. */
  item(index: number, depth: number): SchemaNode | null {
    const { first, rest, max } = this.rules;
    const node = index < first.length ? first[index] : rest;
    return index < max && node !== null && node.fits(depth + 1) ? node : null;
  }

  /** Items counted no further: from here on one is as another. */
  get countsUpTo(): number {
    const { first, min, max } = this.rules;
    return max === Infinity ? Math.max(first.length, min) : max;
  }
}

/** Bytes of a list of parts of which the first has no comma before it. */
function withoutComma(bytes: number): number {
  return Math.max(0, bytes - 1);
}

interface Place {
  readonly phase: Phase;
  /** Items that are complete. */
  readonly count: number;
  readonly space: number;
  readonly depth: number;
}

class ListState extends State {
  declare readonly after: State;

  constructor(
    private readonly node: ListNode,
    private readonly place: Place,
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    const { phase, count } = this.place;
    if (phase === 'start') {
      if (byte === OPEN_BRACKET) out.push(this.at('open', count));
    } else if (byte === CLOSE_BRACKET) {
      if (phase !== 'comma' && count >= this.node.rules.min) out.push(this.after);
    } else if (byte === COMMA && phase === 'item') {
      if (this.place.space === NO_SPACE && this.next !== null) out.push(this.at('comma', count));
    } else this.stepInto(byte, out);
  }

  /** White space, or the beginning of an item. White space behind an item is allowed only where the array may end. */
  private stepInto(byte: number, out: State[]): void {
    const { phase, count, depth } = this.place;
    const space = nextWhiteSpace(this.place.space, byte);
    if (space >= 0) {
      const useless = phase === 'item' && count < this.node.rules.min;
      if (!useless) out.push(new ListState(this.node, { ...this.place, space }, this.after));
    } else if (phase !== 'item') {
      this.next?.start(this.afterItem, depth + 1).step(byte, out);
    }
  }

  /** The place behind the item that comes next. */
  private get afterItem(): ListState {
    return this.at('item', Math.min(this.place.count + 1, this.node.countsUpTo));
  }

  private get next(): SchemaNode | null {
    return this.node.item(this.place.count, this.place.depth);
  }

  private at(phase: Phase, count: number): ListState {
    return new ListState(this.node, { ...this.place, phase, count, space: NO_SPACE }, this.after);
  }

  protected leastBytes(): number {
    const { phase, count, depth } = this.place;
    const { node, next, after } = this;
    if (phase === 'start') return node.bytes + after.need;
    if (phase === 'comma' && next !== null) return next.start(this.afterItem, depth + 1).need;
    const needed = node.neededBytes(count);
    return (phase === 'item' ? needed : withoutComma(needed)) + 1 + after.need;
  }

  protected describe(left: (count: number) => number): string {
    const { phase, count, space } = this.place;
    const { first, min, max } = this.node.rules;
    const place = Math.min(count, first.length);
    return `a${this.node.id}.${phase}.${space}.${place}.${left(Math.max(0, min - count))}.${left(max - count)}`;
  }
}
