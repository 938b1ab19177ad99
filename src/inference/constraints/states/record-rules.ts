import { utf8ToBytes } from '../../../common/hash.js';
import { keyTrie, type KeyPlace, type KeyTrie } from './key-trie.js';
import type { SchemaNode } from './schema-node.js';

/** What stands between a name and its value. */
const QUOTE_COLON = 2;

/** Counts that are kept of one object's schema. */
const MOST_KEPT = 4096;

/** A named property; they are written in the order of their list. */
export interface Property {
  readonly name: string;
  readonly node: SchemaNode;
  readonly required: boolean;
}

/** Which properties an object has, in which order, and how many bytes those that it needs take. */
export class RecordRules {
  private readonly trie: KeyTrie;
  /** By property: the first required one from there on; the number of properties = none. */
  private readonly required: readonly number[];
  /** By property: bytes of its name as it is written, without quotes. */
  private readonly nameBytes: readonly number[];
  /** `bytesBehind` by prefix and place in the object; only as many as are looked at again and again. */
  private readonly behind = new Map<string, number>();
  /** By property: bytes of the required ones from there on, each with a comma before it; counted when it is asked for. */
  private needed: readonly number[] | null = null;

  /** @param others schema of properties that are not listed, which follow those that are; null = there are none */
  constructor(
    private readonly properties: readonly Property[],
    private readonly others: SchemaNode | null,
  ) {
    this.trie = keyTrie(properties.map(({ name }) => name));
    const required = new Array<number>(properties.length + 1).fill(properties.length);
    for (let i = properties.length - 1; i >= 0; i--)
      required[i] = properties[i].required ? i : required[i + 1];
    this.required = required;
    this.nameBytes = properties.map(({ name }) => utf8ToBytes(JSON.stringify(name)).length - 2);
  }

  /** The names of the properties. */
  get names(): KeyPlace {
    return this.trie.root;
  }

  /** Levels of nesting of the least nested object. */
  get leastHeight(): number {
    const needed = this.properties.filter(({ required }) => required);
    return 1 + Math.max(0, ...needed.map(({ node }) => node.height));
  }

  /** Bytes of the required properties from `from` on. @param comma whether one stands before the first */
  neededBytes(from: number, comma = true): number {
    this.needed ??= this.countNeeded();
    return comma ? this.needed[from] : Math.max(0, this.needed[from] - 1);
  }

  /** Bytes of the object behind a prefix of a property's name, where one of the listed ones is meant; the closing brace included. */
  bytesBehind(names: KeyPlace | null, from: number, depth: number): number {
    if (names === null) return Infinity;
    const name = `${names.id}.${from}.${depth}`;
    let bytes = this.behind.get(name);
    if (bytes === undefined) {
      bytes = this.countBehind(names, from, depth);
      if (this.behind.size >= MOST_KEPT) this.behind.clear();
      this.behind.set(name, bytes);
    }
    return bytes;
  }

  /** Bytes of the object behind a name that is not listed, and with those that are left of any such name. */
  bytesBehindOther({ bytes }: SchemaNode): number {
    return QUOTE_COLON + bytes + 1;
  }

  /** At most this behind any prefix of whole characters. */
  bytesBehindPlain(other: SchemaNode): number {
    return this.trie.mostUnlisted + this.bytesBehindOther(other);
  }

  /** Whether the object may end when the properties before `from` are done with. */
  mayEnd(from: number): boolean {
    return this.required[from] === this.properties.length;
  }

  /** The schema of a property, where it may come next; `depth` as in `start`. */
  property(index: number, from: number, depth: number): SchemaNode | null {
    if (index < from || index > this.required[from] || index >= this.properties.length) return null;
    const { node } = this.properties[index];
    return node.fits(depth + 1) ? node : null;
  }

  /** The schema of properties that are not listed, where one may come next. */
  other(from: number, depth: number): SchemaNode | null {
    return this.mayEnd(from) && this.others !== null && this.others.fits(depth + 1) ? this.others : null;
  }

  /** Whether a listed property whose name begins like this may come next. */
  leads(place: KeyPlace, from: number, depth: number): boolean {
    return this.possible(place, from, depth).next().done !== true;
  }

  private countBehind(names: KeyPlace, from: number, depth: number): number {
    let least = Infinity;
    for (const index of this.possible(names, from, depth)) {
      const name = this.nameBytes[index] - names.length;
      const { bytes } = this.properties[index].node;
      least = Math.min(least, name + QUOTE_COLON + bytes + this.neededBytes(index + 1) + 1);
    }
    return least;
  }

  private countNeeded(): readonly number[] {
    const needed = new Array<number>(this.properties.length + 1).fill(0);
    for (let i = this.properties.length - 1; i >= 0; i--) {
      const { node, required } = this.properties[i];
      const written = required ? 1 + this.nameBytes[i] + 1 + QUOTE_COLON + node.bytes : 0;
      needed[i] = written + needed[i + 1];
    }
    return needed;
  }

  /** The listed properties whose names begin like this and that may come next. */
  private *possible({ below }: KeyPlace, from: number, depth: number): Generator<number, void> {
    let [low, high] = [0, below.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (below[middle] < from) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < below.length && below[i] <= this.required[from]; i++) {
      if (this.property(below[i], from, depth) !== null) yield below[i];
    }
  }

  /** The place after the last listed property. */
  get end(): number {
    return this.properties.length;
  }
}
