import { SchemaNode } from './schema-node.js';
import { State } from './state.js';

/** A value that one of several schemas allows. */
export class ChoiceNode extends SchemaNode {
  /** What it was made from; may lead back to the node itself. */
  alternatives: readonly SchemaNode[] = [];
  private leaves: readonly SchemaNode[] = [];

  /** Finds the alternatives behind alternatives; returns how many there are. To be called once all nodes are read. */
  flatten(): number {
    const found = new Set<SchemaNode>();
    const seen = new Set<SchemaNode>([this]);
    const open: SchemaNode[] = [...this.alternatives].reverse();
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (node instanceof ChoiceNode) open.push(...[...node.alternatives].reverse());
      else found.add(node);
    }
    this.leaves = [...found];
    return found.size;
  }

  start(after: State, depth: number): State {
    const possible = this.leaves.filter((leaf) => leaf.fits(depth));
    if (possible.length === 1) return possible[0].start(after, depth);
    return new ChoiceState(
      this,
      possible.map((leaf) => leaf.start(after, depth)),
      after,
    );
  }

  leastHeight(): number {
    return Math.min(Infinity, ...this.leaves.map(({ height }) => height));
  }

  protected countBytes(): number {
    const least = this.leaves.filter(({ height }) => height === this.height);
    return Math.min(...least.map(({ bytes }) => bytes));
  }
}

class ChoiceState extends State {
  constructor(
    private readonly node: ChoiceNode,
    private readonly starts: readonly State[],
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    for (const start of this.starts) start.step(byte, out);
  }

  protected leastBytes(): number {
    return Math.min(...this.starts.map(({ need }) => need));
  }

  protected describe(): string {
    return `c${this.node.id}`;
  }
}
