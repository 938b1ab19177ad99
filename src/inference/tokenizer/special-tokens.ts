import type { AddedTokenEntry } from './tokenizer-source.js';

const FIRST_NONCHARACTER = 0xfdd0;
const LAST_NONCHARACTER = 0xfdef;

/** A text cut at special tokens: ids of special tokens, and the text between them. */
export type SplitText = readonly (number | string)[];

/** The special (control) tokens of a model: found in text, and kept out of what people write. */
export class SpecialTokens {
  private readonly byText: ReadonlyMap<string, AddedTokenEntry>;
  private readonly ids: ReadonlySet<number>;
  private readonly any: RegExp | null;
  private readonly starts: RegExp | null;

  constructor(tokens: readonly AddedTokenEntry[]) {
    this.byText = new Map(tokens.map((token) => [token.content, token]));
    this.ids = new Set(tokens.map((token) => token.id));
    const texts = [...this.byText.keys()].filter((text) => text !== '').sort((a, b) => b.length - a.length);
    const alternatives = texts.map(escapeRegExp).join('|');
    this.any = texts.length === 0 ? null : new RegExp(alternatives, 'g');
    this.starts = texts.length === 0 ? null : new RegExp(`(?=(?:${alternatives}))([\\s\\S])`, 'g');
  }

  /** Whether an id is a special token. */
  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Whether a text contains the spelling of a special token. */
  occurIn(text: string): boolean {
    return this.any !== null && text.search(this.any) >= 0;
  }

  /**
   * Breaks every special token a person wrote by putting `mark` behind its first character, so that it cannot forge a
   * role or an end of text. `encodeMarked` takes the marks out again after the text has been cut at real special tokens.
   */
  defuse(text: string, mark: string): string {
    return this.starts === null ? text : text.replace(this.starts, `$1${mark}`);
  }

  /** Cuts a text at its special tokens, honouring their wish to swallow white space around them. */
  split(text: string): SplitText {
    if (this.any === null) return [text];
    const parts: (number | string)[] = [];
    let from = 0;
    let swallow = false;
    for (const match of text.matchAll(this.any)) {
      const token = this.byText.get(match[0]) as AddedTokenEntry;
      parts.push(trimmed(text.slice(from, match.index), swallow, token.lstrip), token.id);
      swallow = token.rstrip;
      from = match.index + match[0].length;
    }
    parts.push(trimmed(text.slice(from), swallow, false));
    return parts;
  }
}

/** A Unicode noncharacter that none of the texts contains, or null if they contain all 32. */
export function unusedMark(texts: readonly string[]): string | null {
  for (let code = FIRST_NONCHARACTER; code <= LAST_NONCHARACTER; code++) {
    const mark = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(mark))) return mark;
  }
  return null;
}

function trimmed(text: string, start: boolean, end: boolean): string {
  const left = start ? text.trimStart() : text;
  return end ? left.trimEnd() : left;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
