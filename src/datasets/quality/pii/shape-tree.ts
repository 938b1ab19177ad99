/** Shapes of numbers (lengths of their groups of digits, such as `3-2-4`) as a tree, so that a wrong beginning ends a search. */
export class ShapeTree {
  /** The shape that ends here, if one does. */
  shape: string | null = null;
  private readonly next: ShapeTree[] = [];

  /** The tree of some shapes. */
  static of(shapes: Iterable<string>): ShapeTree {
    const root = new ShapeTree();
    for (const shape of shapes) root.add(shape);
    return root;
  }

  /** What may follow a group of this many digits, if anything. */
  after(length: number): ShapeTree | undefined {
    return this.next[length];
  }

  private add(shape: string): void {
    const end = shape
      .split('-')
      .reduce((node, length) => (node.next[Number(length)] ??= new ShapeTree()), this as ShapeTree);
    end.shape = shape;
  }
}
