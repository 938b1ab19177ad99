import type { KeyPlace } from './key-trie.js';
import { RecordRules, type Property } from './record-rules.js';
import { SchemaNode } from './schema-node.js';
import { State } from './state.js';
import { BOUNDARY, nextUtf8, REST_OF_UTF8 } from './utf8.js';
import { nextWhiteSpace, NO_SPACE } from './white-space.js';

const [OPEN_BRACE, CLOSE_BRACE, COMMA, COLON, QUOTE, BACKSLASH, SPACE] = [
  0x7b, 0x7d, 0x2c, 0x3a, 0x22, 0x5c, 0x20,
];

/** An object. */
export class RecordNode extends SchemaNode {
  rules = new RecordRules([], null);

  /** Says what the object holds; once, when the schemas within are known. */
  define(properties: readonly Property[], others: SchemaNode | null): void {
    this.rules = new RecordRules(properties, others);
  }

  start(after: State, depth: number): State {
    return new RecordState(this, { phase: 'start', from: 0, space: NO_SPACE, depth }, after);
  }

  leastHeight(): number {
    return this.rules.leastHeight;
  }

  protected countBytes(): number {
    return 2 + this.rules.neededBytes(0, false);
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
      if (phase !== 'comma' && this.node.rules.mayEnd(from)) out.push(this.after);
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
    if (space < 0 || (phase === 'value' && !this.node.rules.mayEnd(from))) return;
    out.push(new RecordState(this.node, { ...this.place, space }, this.after));
  }

  private get goesOn(): boolean {
    const { from, depth } = this.place;
    return (
      this.node.rules.other(from, depth) !== null || this.node.rules.leads(this.node.rules.names, from, depth)
    );
  }

  private openKey(): KeyState {
    const { names } = this.node.rules;
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
    return node.rules.neededBytes(from, phase === 'value') + 1 + after.need;
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
    if ((next !== null && this.node.rules.leads(next, from, depth)) || (!escaped && this.other !== null)) {
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
    return node.rules.bytesBehindPlain(other) + after.after.need;
  }

  protected leastBytes(): number {
    const { names, utf8, escaped } = this.progress;
    const { from, depth } = this.after.place;
    const { other, node } = this;
    const listed = node.rules.bytesBehind(names, from, depth);
    const unlisted =
      other === null || escaped
        ? Infinity
        : (names?.unlisted ?? REST_OF_UTF8[utf8]) + node.rules.bytesBehindOther(other);
    return Math.min(listed, unlisted) + this.after.after.need;
  }

  private get other(): SchemaNode | null {
    const { from, depth } = this.after.place;
    return this.node.rules.other(from, depth);
  }

  private stepEnd(out: State[]): void {
    const { names, utf8, escaped } = this.progress;
    const { from, depth } = this.after.place;
    const index = names?.property ?? -1;
    if (utf8 !== BOUNDARY || (index < 0 && escaped)) return;
    const node = index >= 0 ? this.node.rules.property(index, from, depth) : this.other;
    if (node === null) return;
    const done = this.after.afterValue(index >= 0 ? index + 1 : this.node.rules.end);
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
