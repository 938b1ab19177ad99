/** A pair of symbols that merge; earlier ones first. */
export type Merge = readonly [left: string, right: string];

/** What byte-pair encoding needs to know, as tokenizer.json has it. */
export interface BpeModel {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly Merge[];
}

/**
 * Byte-pair encoding as published (R. Sennrich, B. Haddow, A. Birch, "Neural Machine Translation of Rare Words with Subword
 * Units", 2016), plain and slow: again and again, all places with the first merge of the list that is possible anywhere are merged,
 * from left to right.
 */
export function mergeSymbols(symbols: readonly string[], merges: readonly Merge[]): string[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  let word = [...symbols];
  for (;;) {
    let best = Infinity;
    for (let i = 0; i + 1 < word.length; i++)
      best = Math.min(best, ranks.get(`${word[i]} ${word[i + 1]}`) ?? Infinity);
    if (best === Infinity) return word;
    const [left, right] = merges[best];
    const merged: string[] = [];
    for (let i = 0; i < word.length; i++) {
      const here = word[i] === left && word[i + 1] === right;
      merged.push(here ? left + right : word[i]);
      if (here) i++;
    }
    word = merged;
  }
}

/** Words of GPT-2 (published `encoder.py`). White space is Unicode's, which JavaScript's `\s` is not quite. */
export const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Words of Qwen's and of genesis: digits one by one, breaks of lines apart. */
export const QWEN_WORDS =
  /'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Token ids of a text under byte-level BPE: words, their bytes as letters of GPT-2's alphabet, merged. */
export function encodeByteLevel(text: string, words: RegExp, { vocab, merges }: BpeModel): number[] {
  const letters = byteLetters();
  return (text.match(words) ?? []).flatMap((word) =>
    mergeSymbols(
      [...new TextEncoder().encode(word)].map((byte) => letters[byte]),
      merges,
    ).map((symbol) => vocab[symbol]),
  );
}

/** Token ids of a text in the manner of SentencePiece: U+2581 in front and for spaces, bytes for what the vocabulary lacks. */
export function encodeSentencePiece(text: string, model: BpeModel): number[] {
  return text === '' ? [] : encodePieces(`\u2581${text.replaceAll(' ', '\u2581')}`, model);
}

/** The same by the pre-tokenizer `Metaspace`, which puts no U+2581 in front of one. */
export function encodeMetaspace(text: string, model: BpeModel): number[] {
  const spaced = text.replaceAll(' ', '\u2581');
  return spaced.startsWith('\u2581') ? encodePieces(spaced, model) : encodeSentencePiece(text, model);
}

function encodePieces(text: string, { vocab, merges }: BpeModel): number[] {
  const symbols = [...text];
  return mergeSymbols(symbols, merges).flatMap((symbol) =>
    symbol in vocab
      ? [vocab[symbol]]
      : [...new TextEncoder().encode(symbol)].map((byte) => vocab[`<0x${hex(byte)}>`]),
  );
}

/** GPT-2's letter of each byte: itself where printable in Latin-1, the others from U+0100 on. */
function byteLetters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const itself = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(itself ? byte : next++);
  });
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
