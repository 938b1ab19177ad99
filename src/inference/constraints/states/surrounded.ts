import type { Surroundings } from '../constraint.js';
import { LiteralNode } from './literal.js';
import type { SchemaNode } from './schema-node.js';
import { State } from './state.js';

const SPACE = 0x20;

/** Behind a value with its surroundings: the text may end, or another value follows. */
class ValuesState extends State {
  constructor(
    private readonly parts: SurroundedParts,
    private readonly count: number,
  ) {
    super(null);
  }

  step(byte: number, out: State[]): void {
    if (this.count < this.parts.most) this.parts.following(this.count).step(byte, out);
  }

  override get complete(): boolean {
    return true;
  }

  protected leastBytes(): number {
    return 0;
  }

  protected describe(left: (count: number) => number): string {
    return `s${left(this.parts.most - this.count)}`;
  }
}

class SurroundedParts {
  readonly most: number;
  private readonly before: LiteralNode;
  private readonly between: LiteralNode;
  private readonly behind: LiteralNode;

  constructor(
    private readonly value: SchemaNode,
    private readonly texts: Surroundings,
  ) {
    this.most = texts.most;
    this.before = new LiteralNode(-1, [texts.before]);
    this.between = new LiteralNode(-2, [texts.between + texts.before]);
    this.behind = new LiteralNode(-3, [texts.after]);
  }

  first(): State {
    return this.texts.before === '' ? this.valueAt(0) : this.before.start(this.valueAt(0));
  }

  following(count: number): State {
    const empty = this.texts.between + this.texts.before === '';
    return empty ? this.valueAt(count) : this.between.start(this.valueAt(count));
  }

  private valueAt(count: number): State {
    const done = new ValuesState(this, count + 1);
    return this.value.start(this.texts.after === '' ? done : this.behind.start(done), 0);
  }
}

/** The place before values with their surroundings. */
export function surrounded(value: SchemaNode, texts: Surroundings): State {
  return new SurroundedParts(value, texts).first();
}

/** The beginning of a text whose first space does not count. */
export class SpacedStart extends State {
  constructor(private readonly start: State) {
    super(null);
  }

  step(byte: number, out: State[]): void {
    if (byte === SPACE) out.push(this.start);
    else this.start.step(byte, out);
  }

  protected leastBytes(): number {
    return this.start.need;
  }

  protected describe(): string {
    return 'begin';
  }
}
