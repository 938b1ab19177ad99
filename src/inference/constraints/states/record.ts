import { keyTrie, type KeyPlace, type KeyTrie } from './key-trie.js';
import { utf8ToBytes } from '../../../common/hash.js';
import { SchemaNode } from './schema-node.js';
import { State } from './state.js';
import { BOUNDARY, nextUtf8, REST_OF_UTF8 } from './utf8.js';
import { nextWhiteSpace, NO_SPACE } from './white-space.js';

const [OPEN_BRACE, CLOSE_BRACE, COMMA, COLON, QUOTE, BACKSLASH, SPACE] = [
  0x7b, 0x7d, 0x2c, 0x3a, 0x22, 0x5c, 0x20,
];

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

/** An object. */
export class RecordNode extends SchemaNode {
  private properties: readonly Property[] = [];
  /** Schema of properties that are not listed, which follow those that are; null = there are none. */
  private others: SchemaNode | null = null;
  private trie: KeyTrie = keyTrie([]);
  /** By property: the first required one from there on; the number of properties = none. */
  private required: readonly number[] = [0];
  /** By property: bytes of its name as it is written, without quotes. */
  private nameBytes: readonly number[] = [];
  /** `bytesBehind` by prefix and place in the object; only as many as are looked at again and again. */
  private readonly behind = new Map<string, number>();
  /** By property: bytes of the required ones from there on, each with a comma before it; counted when it is asked for. */
  private needed: readonly number[] | null = null;

  /** Says what the object holds; once, when the schemas within are known. */
  define(properties: readonly Property[], others: SchemaNode | null): void {
    this.properties = properties;
    this.others = others;
    this.trie = keyTrie(properties.map(({ name }) => name));
    const required = [properties.length];
    for (let i = properties.length - 1; i >= 0; i--)
      required.unshift(properties[i].required ? i : required[0]);
    this.required = required;
    this.nameBytes = properties.map(({ name }) => utf8ToBytes(JSON.stringify(name)).length - 2);
  }

  /** The names of the properties. */
  get names(): KeyPlace {
    return this.trie.root;
  }

  start(after: State, depth: number): State {
    return new RecordState(this, { phase: 'start', from: 0, space: NO_SPACE, depth }, after);
  }

  leastHeight(): number {
    const needed = this.properties.filter(({ required }) => required);
    return 1 + Math.max(0, ...needed.map(({ node }) => node.height));
  }

  protected countBytes(): number {
    return 2 + this.neededBytes(0, false);
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
    const needed = [0];
    for (let i = this.properties.length - 1; i >= 0; i--) {
      const { node, required } = this.properties[i];
      const written = required ? 1 + this.nameBytes[i] + 1 + QUOTE_COLON + node.bytes : 0;
      needed.unshift(written + needed[0]);
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

interface Place {
  readonly phase: 'start' | 'open' | 'value' | 'comma';
  /** Listed properties before this one are written or left out. */
  readonly from: number;
  readonly space: number;
  readonly depth: number;
}

class RecordState extends State {
  declare readonly after: State;

  constructor(
    private readonly node: RecordNode,
    readonly place: Place,
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    const { phase, from, space } = this.place;
    if (phase === 'start') {
      if (byte === OPEN_BRACE) out.push(this.at('open', from));
    } else if (byte === CLOSE_BRACE) {
      if (phase !== 'comma' && this.node.mayEnd(from)) out.push(this.after);
    } else if (byte === COMMA) {
      if (phase === 'value' && space === NO_SPACE && this.goesOn) out.push(this.at('comma', from));
    } else if (byte === QUOTE) {
      if (phase !== 'value' && this.goesOn) out.push(this.openKey());
    } else this.stepSpace(byte, out);
  }

  /** Where a value of the object is complete; properties before `from` are then done with. */
  afterValue(from: number): RecordState {
    return this.at('value', from);
  }

  /** White space behind a value is allowed only where the object may end. */
  private stepSpace(byte: number, out: State[]): void {
    const { phase, from } = this.place;
    const space = nextWhiteSpace(this.place.space, byte);
    if (space < 0 || (phase === 'value' && !this.node.mayEnd(from))) return;
    out.push(new RecordState(this.node, { ...this.place, space }, this.after));
  }

  private get goesOn(): boolean {
    const { from, depth } = this.place;
    return this.node.other(from, depth) !== null || this.node.leads(this.node.names, from, depth);
  }

  private openKey(): KeyState {
    const { names } = this.node;
    const progress = { names: names.below.length === 0 ? null : names, utf8: BOUNDARY, escaped: false };
    return new KeyState(this.node, progress, this.at('value', this.place.from));
  }

  private at(phase: Place['phase'], from: number): RecordState {
    return new RecordState(this.node, { ...this.place, phase, from, space: NO_SPACE }, this.after);
  }

  protected leastBytes(): number {
    const { phase, from } = this.place;
    const { node, after } = this;
    if (phase === 'start') return node.bytes + after.need;
    if (phase === 'comma') return 1 + this.openKey().need;
    return node.neededBytes(from, phase === 'value') + 1 + after.need;
  }

  protected describe(): string {
    const { phase, from, space } = this.place;
    return `r${this.node.id}.${phase}.${from}.${space}`;
  }
}

interface KeyProgress {
  /** What has been written, as long as it begins a listed name; null when it does not. */
  readonly names: KeyPlace | null;
  readonly utf8: number;
  /** Whether there is a backslash in it: only listed names have escapes, so that none is written in another spelling. */
  readonly escaped: boolean;
}

/** Within the name of a property. */
class KeyState extends State {
  declare readonly after: RecordState;

  constructor(
    private readonly node: RecordNode,
    private readonly progress: KeyProgress,
    after: RecordState,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    const { names } = this.progress;
    const next = names?.next.get(byte) ?? null;
    if (byte === QUOTE && next === null) return this.stepEnd(out);
    const utf8 = nextUtf8(this.progress.utf8, byte);
    if (byte < SPACE || utf8 < 0) return;
    const escaped = this.progress.escaped || byte === BACKSLASH;
    const { from, depth } = this.after.place;
    if ((next !== null && this.node.leads(next, from, depth)) || (!escaped && this.other !== null)) {
      out.push(new KeyState(this.node, { names: next, utf8, escaped }, this.after));
    }
  }

  override get plain(): number {
    const { utf8, escaped } = this.progress;
    return utf8 === BOUNDARY && !escaped && this.other !== null ? Infinity : 0;
  }

  override get plainShrink(): number | null {
    return this.progress.names === null ? 0 : null;
  }

  override get plainNeed(): number {
    const { other, after, node } = this;
    if (this.progress.names === null || other === null) return this.need;
    return node.bytesBehindPlain(other) + after.after.need;
  }

  protected leastBytes(): number {
    const { names, utf8, escaped } = this.progress;
    const { from, depth } = this.after.place;
    const { other, node } = this;
    const listed = node.bytesBehind(names, from, depth);
    const unlisted =
      other === null || escaped
        ? Infinity
        : (names?.unlisted ?? REST_OF_UTF8[utf8]) + node.bytesBehindOther(other);
    return Math.min(listed, unlisted) + this.after.after.need;
  }

  private get other(): SchemaNode | null {
    const { from, depth } = this.after.place;
    return this.node.other(from, depth);
  }

  private stepEnd(out: State[]): void {
    const { names, utf8, escaped } = this.progress;
    const { from, depth } = this.after.place;
    const index = names?.property ?? -1;
    if (utf8 !== BOUNDARY || (index < 0 && escaped)) return;
    const node = index >= 0 ? this.node.property(index, from, depth) : this.other;
    if (node === null) return;
    const done = this.after.afterValue(index >= 0 ? index + 1 : this.node.end);
    out.push(new ColonState(node, depth + 1, 'colon', done));
  }

  protected describe(): string {
    const { names, utf8, escaped } = this.progress;
    return `k${this.node.id}.${utf8}.${names?.id ?? '-'}.${escaped ? 1 : 0}`;
  }
}

/** Between the name of a property and its value: a colon, and at most one space. */
class ColonState extends State {
  declare readonly after: State;

  constructor(
    private readonly node: SchemaNode,
    private readonly depth: number,
    private readonly phase: 'colon' | 'space' | 'value',
    after: State,
  ) {
    super(after);
  }

  step(byte: number, out: State[]): void {
    if (this.phase === 'colon') {
      if (byte === COLON) out.push(new ColonState(this.node, this.depth, 'space', this.after));
    } else if (byte === SPACE && this.phase === 'space') {
      out.push(new ColonState(this.node, this.depth, 'value', this.after));
    } else this.node.start(this.after, this.depth).step(byte, out);
  }

  protected leastBytes(): number {
    const colon = this.phase === 'colon' ? 1 : 0;
    return colon + this.node.start(this.after, this.depth).need;
  }

  protected describe(): string {
    return `v${this.node.id}.${this.phase}`;
  }
}
