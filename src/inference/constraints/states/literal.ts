import { utf8ToBytes } from '../../../common/hash.js';
import { SchemaNode } from './schema-node.js';
import { State } from './state.js';

/** A prefix of some of the texts. */
interface Place {
  readonly id: number;
  readonly next: Map<number, Place>;
  /** Whether it is one of them whole. */
  whole: boolean;
}

/** One of several texts, as UTF-8: values named one by one, and what stands around values. */
export class LiteralNode extends SchemaNode {
  private readonly root: Place = { id: 0, next: new Map(), whole: false };
  private places = 1;

  constructor(id: number, texts: readonly string[]) {
    super(id);
    for (const text of texts) this.add(text);
    this.height = texts.length === 0 ? Infinity : 0;
  }

  start(after: State): State {
    return new LiteralState(this, this.root, after);
  }

  leastHeight(): number {
    return this.height;
  }

  private add(text: string): void {
    let place = this.root;
    for (const byte of utf8ToBytes(text)) {
      let next = place.next.get(byte);
      if (next === undefined) {
        next = { id: this.places++, next: new Map(), whole: false };
        place.next.set(byte, next);
      }
      place = next;
    }
    place.whole = true;
  }
}

class LiteralState extends State {
  declare readonly after: State;

  constructor(
    private readonly node: LiteralNode,
    private readonly place: Place,
    after: State,
  ) {
    super(after);
  }

  /** Where one text is the beginning of another (1 and 12), the next byte decides. */
  step(byte: number, out: State[]): void {
    const next = this.place.next.get(byte);
    if (next === undefined) {
      if (this.place.whole) this.after.step(byte, out);
    } else {
      out.push(
        next.whole && next.next.size === 0 ? this.after : new LiteralState(this.node, next, this.after),
      );
    }
  }

  override get complete(): boolean {
    return this.place.whole && this.after.complete;
  }

  protected describe(): string {
    return `l${this.node.id}.${this.place.id}`;
  }
}
