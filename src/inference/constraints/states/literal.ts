import { utf8ToBytes } from '../../../common/hash.js';
import { SchemaNode } from './schema-node.js';
import { State } from './state.js';

/** A prefix of some of the texts. */
interface Place {
  readonly id: number;
  readonly next: Map<number, Place>;
  /** Whether it is one of them whole. */
  whole: boolean;
  /** Bytes to the end of the shortest of the texts that begin so. */
  rest: number;
}

/** One of several texts, as UTF-8: values named one by one, and what stands around values. */
export class LiteralNode extends SchemaNode {
  private readonly root: Place = { id: 0, next: new Map(), whole: false, rest: Infinity };
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

  protected countBytes(): number {
    return this.root.rest;
  }

  private add(text: string): void {
    const bytes = utf8ToBytes(text);
    let place = this.root;
    bytes.forEach((byte, written) => {
      place.rest = Math.min(place.rest, bytes.length - written);
      let next = place.next.get(byte);
      if (next === undefined) {
        next = { id: this.places++, next: new Map(), whole: false, rest: Infinity };
        place.next.set(byte, next);
      }
      place = next;
    });
    place.whole = true;
    place.rest = 0;
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

  protected leastBytes(): number {
    return this.place.rest + this.after.need;
  }

  protected describe(): string {
    return `l${this.node.id}.${this.place.id}`;
  }
}
