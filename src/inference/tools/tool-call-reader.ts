import { CALL_TAGS, type CallStyle } from './tool-use.js';

/** What a piece of an answer's text turned out to be. */
export type ToolEvent =
  | { readonly type: 'content'; readonly text: string }
  /** A call begins; its arguments follow. */
  | { readonly type: 'call'; readonly name: string }
  /** More of the last call's arguments, as JSON text. */
  | { readonly type: 'arguments'; readonly text: string };

/** Where calls name their arguments: as this server teaches it, and as Llama's models learned it. */
const ARGUMENT_NAMES = ['arguments', 'parameters'];
const LEFTOVERS = /^[\s}\],]*$/;

/**
 * Finds calls in an answer's text while it grows. Text is held back only as long as it may be the beginning of a call; what is
 * none is content. Arguments are given out as they come.
 */
export class ToolCallReader {
  private readonly headers: readonly { readonly text: string; readonly name: string }[];
  private phase: 'start' | 'content' | 'header' | 'arguments' | 'behind' = 'start';
  private held = '';
  private depth = 0;
  private quoted = false;
  private escaped = false;
  private events: ToolEvent[] = [];

  constructor(
    names: readonly string[],
    private readonly style: CallStyle,
  ) {
    this.headers = names.flatMap((name) =>
      ARGUMENT_NAMES.map((key) => ({ text: `{"name":${JSON.stringify(name)},"${key}":{`, name })),
    );
  }

  /** Takes the next piece of text. */
  push(text: string): ToolEvent[] {
    this.held += text;
    while (this.advance());
    return this.taken();
  }

  /** What was held back, when no text follows. */
  end(): ToolEvent[] {
    const { held, phase } = this;
    this.held = '';
    if (phase === 'behind') this.content(this.withoutClosing(held));
    else this.content(phase === 'header' ? this.opening + held : held);
    return this.taken();
  }

  /** Goes on to the next phase if it can. */
  private advance(): boolean {
    if (this.held === '') return false;
    if (this.phase === 'arguments') return this.readArguments();
    if (this.phase === 'header') return this.readHeader();
    if (this.phase === 'behind')
      return this.findOpening((before) => this.content(this.withoutClosing(before)));
    if (this.style === 'tags') return this.findOpening((before) => this.content(before));
    return this.phase === 'start' ? this.readStart() : this.giveOut();
  }

  /** JSON calls are the whole answer: what does not begin like one is content to its end. */
  private readStart(): boolean {
    const first = this.held.trimStart();
    if (first === '') return false;
    this.phase = first.startsWith('{') || first.startsWith('[') ? 'header' : 'content';
    return true;
  }

  private giveOut(): boolean {
    this.content(this.held);
    this.held = '';
    return false;
  }

  /** Looks for the next call; gives out what stands before it but for what may be the beginning of the opening. */
  private findOpening(before: (text: string) => void): boolean {
    const opening = this.style === 'tags' ? CALL_TAGS.before : '{';
    const at = this.held.indexOf(opening);
    if (at >= 0) {
      before(this.held.slice(0, at));
      this.held = this.held.slice(this.style === 'tags' ? at + opening.length : at);
      this.phase = 'header';
      return true;
    }
    if (this.phase === 'behind') return false;
    const keep = heldLength(this.held, opening);
    before(this.held.slice(0, this.held.length - keep));
    this.held = this.held.slice(this.held.length - keep);
    return false;
  }

  /** What was taken off before a header. */
  private get opening(): string {
    return this.style === 'tags' ? CALL_TAGS.before : '';
  }

  private readHeader(): boolean {
    const compact = this.held.replace(/\s/g, '');
    const text = compact.startsWith('[') ? compact.slice(1) : compact;
    const found = this.headers.find((header) => text.startsWith(header.text));
    if (found !== undefined) {
      const length = found.text.length - 1 + (compact.length - text.length);
      this.held = skip(this.held, length);
      this.events.push({ type: 'call', name: found.name });
      this.phase = 'arguments';
      return true;
    }
    if (this.headers.some((header) => header.text.startsWith(text))) return false;
    this.content(this.opening + this.held);
    this.held = '';
    this.phase = 'content';
    return false;
  }

  private readArguments(): boolean {
    let end = 0;
    for (; end < this.held.length; end++) {
      this.follow(this.held[end]);
      if (this.depth === 0) break;
    }
    const done = end < this.held.length;
    const text = this.held.slice(0, done ? end + 1 : end);
    this.held = this.held.slice(text.length);
    this.events.push({ type: 'arguments', text });
    if (done) this.phase = 'behind';
    return done;
  }

  private follow(letter: string): void {
    if (this.escaped) this.escaped = false;
    else if (this.quoted) {
      if (letter === '\\') this.escaped = true;
      if (letter === '"') this.quoted = false;
    } else if (letter === '"') this.quoted = true;
    else if (letter === '{' || letter === '[') this.depth++;
    else if (letter === '}' || letter === ']') this.depth--;
  }

  /** Text behind a call, without what closes the call. */
  private withoutClosing(text: string): string {
    const [close, ...others] = text.split(CALL_TAGS.after);
    const rest = LEFTOVERS.test(close) ? others.join(CALL_TAGS.after) : text;
    return rest.trim() === '' ? '' : rest;
  }

  private content(text: string): void {
    if (text !== '') this.events.push({ type: 'content', text });
  }

  private taken(): ToolEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}

/** Length of the longest end of a text that begins the opening. */
function heldLength(text: string, opening: string): number {
  for (let length = Math.min(opening.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(opening.slice(0, length))) return length;
  }
  return 0;
}

/** The text behind so many characters that are not white space. */
function skip(text: string, characters: number): string {
  let at = 0;
  for (let left = characters; left > 0; at++) if (!/\s/.test(text[at])) left--;
  return text.slice(at).trimStart();
}
