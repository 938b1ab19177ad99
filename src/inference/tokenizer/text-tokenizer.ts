import { Tokenizer } from '@huggingface/tokenizers';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { withNamedWords } from './byte-level-words.js';
import { ByteDetokenizer, WindowDetokenizer, type Detokenizer } from './detokenizer.js';
import { SpecialTokens } from './special-tokens.js';
import { byteLevelTokens, type TokenBytes } from './token-bytes.js';
import { addedTokens, isObject, type TokenizerSource } from './tokenizer-source.js';

/** Normalizers may shorten text (composition, folding of spaces); no known one does by more than this factor. */
const NORMALIZER_SHRINK = 8;

/** Text ↔ token ids, exactly as the checkpoint's own tokenizer.json says. Portable: no Node. */
export class TextTokenizer {
  readonly special: SpecialTokens;
  private readonly json: TokenizerSource['tokenizer'];
  private readonly tokenizer: Tokenizer;
  private readonly bytesOf: TokenBytes | null;
  private readonly longestToken: number;
  private plain: Tokenizer | null = null;

  private constructor(readonly source: TokenizerSource) {
    this.json = withNamedWords(source.tokenizer);
    this.tokenizer = new Tokenizer(this.json, source.config);
    this.special = new SpecialTokens(addedTokens(source).filter((token) => token.special));
    this.bytesOf = byteLevelTokens(source);
    this.longestToken = longestToken(this.tokenizer) * (isLengthPreserving(source) ? 1 : NORMALIZER_SHRINK);
  }

  /** Refuses with `TOKENIZER_INVALID` when the library cannot read the tokenizer. */
  static create(source: TokenizerSource): Result<TextTokenizer> {
    try {
      return ok(new TextTokenizer(source));
    } catch (thrown) {
      const detail = `the tokenizer cannot be used: ${messageOf(thrown)}`;
      return err(new CodedError('TOKENIZER_INVALID', detail, {}, 503));
    }
  }

  /** Token ids of a text in which special tokens mean themselves; `wrap` adds what the model puts around (`<s>` …). */
  encode(text: string, wrap: boolean): number[] {
    return text === '' && !wrap ? [] : this.tokenizer.encode(text, { add_special_tokens: wrap }).ids;
  }

  /** Token ids of a rendered chat in which `mark` breaks the special tokens that people wrote; see `SpecialTokens.defuse`. */
  encodeMarked(text: string, mark: string): number[] {
    return this.special.split(text).flatMap((part) => {
      if (typeof part === 'number') return [part];
      const written = part.replaceAll(mark, '');
      return written === '' ? [] : this.withoutSpecial().encode(written, { add_special_tokens: false }).ids;
    });
  }

  /** A number of tokens the text has at least, found without tokenising it: no token covers more than the longest one. */
  leastTokens(text: string): number {
    return Math.ceil(text.length / this.longestToken);
  }

  /** The id of a token by its text, if the vocabulary has it. */
  idOf(token: string): number | undefined {
    return this.tokenizer.token_to_id(token);
  }

  /** A fresh incremental decoder; special tokens have no text. */
  detokenizer(): Detokenizer {
    if (this.bytesOf !== null) return new ByteDetokenizer(this.bytesOf);
    const decode = (ids: readonly number[]) =>
      this.tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
    return new WindowDetokenizer(decode, (id) => this.special.has(id));
  }

  /** The text of token ids, special tokens left out. */
  decode(ids: readonly number[]): string {
    const detokenizer = this.detokenizer();
    let text = '';
    for (const id of ids) text += detokenizer.push(id);
    return text + detokenizer.end();
  }

  /** What the model read, special tokens shown, for people. */
  describe(ids: readonly number[]): string {
    if (ids.length === 0) return '';
    return this.tokenizer.decode([...ids], {
      skip_special_tokens: false,
      clean_up_tokenization_spaces: false,
    });
  }

  /** The text of one token alone, for log-probabilities: bytes of an incomplete character read as U+FFFD. */
  tokenText(id: number): string {
    const bytes = this.tokenBytes(id);
    return bytes === null ? this.describe([id]) : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }

  /** The bytes of one token where the tokenizer works on bytes, else null. */
  tokenBytes(id: number): Uint8Array | null {
    return this.bytesOf?.(id) ?? null;
  }

  private withoutSpecial(): Tokenizer {
    const entries = this.source.tokenizer.added_tokens;
    const plain = Array.isArray(entries)
      ? entries.filter((entry) => !isObject(entry) || entry.special !== true)
      : [];
    this.plain ??= new Tokenizer({ ...this.json, added_tokens: plain }, this.source.config);
    return this.plain;
  }
}

function longestToken(tokenizer: Tokenizer): number {
  let longest = 1;
  for (const token of tokenizer.get_vocab().keys()) if (token?.length > longest) longest = token.length;
  return longest;
}

/** Whether every token covers at most as many characters as its own text has. */
function isLengthPreserving(source: TokenizerSource): boolean {
  return source.tokenizer.normalizer === null || source.tokenizer.normalizer === undefined;
}
