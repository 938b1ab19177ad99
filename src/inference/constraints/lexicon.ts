import { addAll, addToken, emptySet, type TokenSet } from './token-set.js';
import { LONGEST_TOKEN, sortTokens, TokenTrie } from './token-trie.js';
import { BOUNDARY, nextUtf8 } from './states/utf8.js';
import type { Vocabulary } from './vocabulary.js';

const [FIRST_PRINTABLE, QUOTE, BACKSLASH] = [0x20, 0x22, 0x5c];

/** The tokens of a vocabulary, arranged for finding those that may follow at a place. */
export class Lexicon {
  /** Ids there are. */
  readonly size: number;
  /** All tokens with text. */
  readonly all: TokenTrie;
  /** Those that are more than plain characters of a string. */
  readonly notPlain: TokenTrie;
  /** Tokens that end an answer. */
  readonly ends: TokenSet;
  /** By number of characters: tokens of plain text with no more than that. */
  private readonly plain: TokenSet[];

  constructor(private readonly vocabulary: Vocabulary) {
    this.size = vocabulary.offsets.length - 1;
    this.ends = emptySet(this.size);
    for (const id of vocabulary.ends) addToken(this.ends, id);
    const { bytes, offsets } = vocabulary;
    const ids = Uint32Array.from({ length: this.size }, (_, id) => id).filter((id) => {
      const length = offsets[id + 1] - offsets[id];
      return length > 0 && length <= LONGEST_TOKEN;
    });
    const sorted = sortTokens(vocabulary, ids);
    const characters = new Uint8Array(this.size);
    for (const id of ids) characters[id] = plainCharacters(bytes, offsets[id], offsets[id + 1]);
    this.all = new TokenTrie(vocabulary, sorted);
    this.notPlain = new TokenTrie(
      vocabulary,
      sorted.filter((id) => characters[id] === 0),
    );
    this.plain = Array.from({ length: LONGEST_TOKEN + 1 }, () => emptySet(this.size));
    for (const id of ids) if (characters[id] > 0) addToken(this.plain[characters[id]], id);
    for (let most = 1; most <= LONGEST_TOKEN; most++) addAll(this.plain[most], this.plain[most - 1]);
  }

  /** The bytes of a token. */
  bytes(id: number): Uint8Array {
    const { bytes, offsets } = this.vocabulary;
    return bytes.subarray(offsets[id], offsets[id + 1]);
  }

  /** Tokens of plain text with up to so many characters. */
  plainUpTo(characters: number): TokenSet {
    return this.plain[Math.min(characters, LONGEST_TOKEN)];
  }
}

/** Characters of a piece of `bytes` that may stand in a JSON string as it is; 0 = it may not, or is not made of whole characters. */
function plainCharacters(bytes: Uint8Array, from: number, to: number): number {
  let utf8 = BOUNDARY;
  let characters = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte < FIRST_PRINTABLE || byte === QUOTE || byte === BACKSLASH) return 0;
    utf8 = nextUtf8(utf8, byte);
    if (utf8 < 0) return 0;
    if (utf8 === BOUNDARY) characters++;
  }
  return utf8 === BOUNDARY ? characters : 0;
}
