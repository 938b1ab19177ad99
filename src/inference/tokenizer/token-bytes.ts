import type { Json } from '../../common/index.js';
import { addedTokens, isObject, type TokenizerSource } from './tokenizer-source.js';

/** The bytes of a token by its id; null for one that has no text (special, or not in the vocabulary). */
export type TokenBytes = (id: number) => Uint8Array | null;

const PRINTABLE: readonly (readonly [number, number])[] = [
  [33, 126],
  [161, 172],
  [174, 255],
];

/**
 * The bytes of every token of a byte-level BPE tokenizer (the letters of GPT-2's byte alphabet stand for bytes), or
 * null for a tokenizer whose decoder is of another kind.
 */
export function byteLevelTokens(source: TokenizerSource): TokenBytes | null {
  if (!isByteLevel(source.tokenizer.decoder)) return null;
  const model = source.tokenizer.model;
  if (!isObject(model) || !isObject(model.vocab)) return null;
  const alphabet = byteAlphabet();
  const texts: (string | undefined)[] = [];
  for (const [text, id] of Object.entries(model.vocab)) if (typeof id === 'number') texts[id] = text;
  const added = new Map(addedTokens(source).map((token) => [token.id, token]));
  const known = new Map<number, Uint8Array | null>();
  const encoder = new TextEncoder();
  const lookUp = (id: number): Uint8Array | null => {
    const token = added.get(id);
    if (token !== undefined) return token.special ? null : encoder.encode(token.content);
    const text = texts[id];
    return text === undefined ? null : Uint8Array.from(text, (letter) => alphabet.get(letter) ?? 0x3f);
  };
  return (id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const bytes = lookUp(id);
    if (id < texts.length || added.has(id)) known.set(id, bytes);
    return bytes;
  };
}

/** Letter → byte, as in GPT-2's `bytes_to_unicode`: printable Latin-1 stands for itself, the others follow from U+0100. */
function byteAlphabet(): Map<string, number> {
  const letters = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = PRINTABLE.some(([first, last]) => byte >= first && byte <= last);
    letters.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return letters;
}

function isByteLevel(decoder: Json | undefined): boolean {
  if (!isObject(decoder)) return false;
  if (decoder.type === 'ByteLevel') return true;
  const parts = decoder.decoders;
  return (
    decoder.type === 'Sequence' && Array.isArray(parts) && parts.length === 1 && isByteLevel(parts[0] as Json)
  );
}
