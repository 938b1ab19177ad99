import { Recent } from './recent.js';
import { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';

/** Tokenizers that the thread keeps ready: some ten megabytes each. */
export const KEPT_TOKENIZERS = 8;

/** The thread's side: parsed tokenizers by what they are made of, `KEPT_TOKENIZERS` at most. */
export class TokenizerShelf {
  private readonly parsed = new Recent<TextTokenizer>(KEPT_TOKENIZERS);

  /** How many are kept. */
  get size(): number {
    return this.parsed.size;
  }

  /** @param source may be null where it was sent before and `SentTokenizers` says that it is still there */
  get(key: string, source: TokenizerSource | null): TextTokenizer {
    return this.parsed.get(key, () => {
      if (source === null) throw new Error(`no tokenizer was sent for ${key}`);
      const made = TextTokenizer.create(source);
      if (!made.ok) throw made.error;
      return made.value;
    });
  }
}

/**
 * The other side: knows which tokenizers the thread has without asking it, because both forget by the same rule and hear of the same
 * keys in the same order.
 */
export class SentTokenizers {
  private readonly sent = new Recent<true>(KEPT_TOKENIZERS);

  /** What to send along with a text: null where the thread has it already. */
  send(key: string, source: TokenizerSource): TokenizerSource | null {
    let known = true;
    this.sent.get(key, () => {
      known = false;
      return true;
    });
    return known ? null : source;
  }

  /** The thread has ended, and what it knew with it. */
  clear(): void {
    this.sent.clear();
  }
}
