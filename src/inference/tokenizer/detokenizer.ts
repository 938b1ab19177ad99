import type { TokenBytes } from './token-bytes.js';

/** Turns token ids into text one by one; never gives out half a character. */
export interface Detokenizer {
  /** The text that became complete with this token; often empty in the middle of a character. */
  push(id: number): string;
  /** What is left at the end; bytes that never became a character read as U+FFFD. */
  end(): string;
}

/** For byte-level tokenizers: bytes through a streaming UTF-8 decoder. */
export class ByteDetokenizer implements Detokenizer {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(private readonly bytesOf: TokenBytes) {}

  push(id: number): string {
    const bytes = this.bytesOf(id);
    return bytes === null ? '' : this.decoder.decode(bytes, { stream: true });
  }

  end(): string {
    return this.decoder.decode();
  }
}

/** Tokens decoded together so that spaces between words come out right. */
const CONTEXT_TOKENS = 5;
/** A character has at most four bytes; what stays broken longer is broken for good. */
const MAX_PENDING_TOKENS = 8;
const BROKEN = '\ufffd';

/**
 * For every other decoder: decodes a short window of tokens twice, without and with the new ones, and gives out the
 * difference once it ends in a whole character (the method of text-generation-inference and vLLM).
 */
export class WindowDetokenizer implements Detokenizer {
  private window: number[] = [];
  private emitted = 0;

  /** @param decode text of the ids, special tokens left out */
  constructor(
    private readonly decode: (ids: readonly number[]) => string,
    private readonly isSpecial: (id: number) => boolean,
  ) {}

  push(id: number): string {
    if (this.isSpecial(id)) return '';
    this.window.push(id);
    const whole = this.decode(this.window);
    const pending = this.window.length - this.emitted;
    if (whole.endsWith(BROKEN) && pending < MAX_PENDING_TOKENS) return '';
    return this.take(whole);
  }

  end(): string {
    return this.window.length === this.emitted ? '' : this.take(this.decode(this.window));
  }

  private take(whole: string): string {
    const before = this.emitted === 0 ? '' : this.decode(this.window.slice(0, this.emitted));
    this.window = this.window.slice(-CONTEXT_TOKENS);
    this.emitted = this.window.length;
    return whole.slice(before.length);
  }
}
