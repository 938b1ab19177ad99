import { utf8ToBytes, type Json } from '../../common/index.js';
import type { TokenBytes } from './token-bytes.js';
import { addedTokens, isObject, type TokenizerSource } from './tokenizer-source.js';

/** What stands for a space in the pieces of SentencePiece. */
const SPACE_SIGN = '\u2581';
const BYTE_PIECE = /^<0x([0-9A-Fa-f]{2})>$/;
/** Decoders that do no more to a token than is done here; `Strip` is about the beginning of the text. */
const KNOWN = new Set(['Replace', 'ByteFallback', 'Fuse', 'Metaspace', 'Strip']);

/** The bytes of tokens in the manner of SentencePiece. */
export interface SpelledTokens {
  readonly bytesOf: TokenBytes;
  /** Whether a space at the beginning of a text is dropped. */
  readonly dropsFirstSpace: boolean;
}

/** The bytes of every token of a tokenizer that writes spaces as U+2581 and rare bytes as `<0x..>`; null for another kind. */
export function spelledTokens(source: TokenizerSource): SpelledTokens | null {
  const decoders = decodersOf(source.tokenizer.decoder);
  const types = decoders.map(({ type }) => String(type));
  if (!types.every((type) => KNOWN.has(type)) || !decoders.some(writesSpaces)) return null;
  const pieces = piecesOf(source.tokenizer.model);
  if (pieces === null) return null;
  const added = new Map(addedTokens(source).map((token) => [token.id, token]));
  const hasBytes = types.includes('ByteFallback');
  const bytesOf = (id: number): Uint8Array | null => {
    const token = added.get(id);
    if (token !== undefined) return token.special ? null : utf8ToBytes(token.content);
    const piece = pieces[id];
    if (piece === undefined) return null;
    const byte = hasBytes ? BYTE_PIECE.exec(piece) : null;
    return byte === null
      ? utf8ToBytes(piece.replaceAll(SPACE_SIGN, ' '))
      : Uint8Array.of(parseInt(byte[1], 16));
  };
  return { bytesOf, dropsFirstSpace: decoders.some(dropsSpace) };
}

type Decoder = { readonly [key: string]: Json };

function decodersOf(decoder: Json | undefined): readonly Decoder[] {
  if (!isObject(decoder)) return [];
  if (decoder.type !== 'Sequence') return [decoder];
  return Array.isArray(decoder.decoders) ? (decoder.decoders as Json[]).filter(isObject) : [];
}

function writesSpaces({ type, pattern, content }: Decoder): boolean {
  if (type === 'Metaspace') return true;
  return type === 'Replace' && isObject(pattern) && pattern.String === SPACE_SIGN && content === ' ';
}

function dropsSpace({
  type,
  content,
  start,
  prepend_scheme: scheme,
  add_prefix_space: prefix,
}: Decoder): boolean {
  if (type === 'Metaspace') return scheme !== 'never' && prefix !== false;
  return type === 'Strip' && content === ' ' && start === 1;
}

/** The pieces by id: BPE has a map, Unigram a list of pairs. */
function piecesOf(model: Json | undefined): readonly (string | undefined)[] | null {
  if (!isObject(model)) return null;
  if (Array.isArray(model.vocab))
    return (model.vocab as Json[]).map((entry) => (Array.isArray(entry) ? String(entry[0]) : undefined));
  if (!isObject(model.vocab)) return null;
  const pieces: (string | undefined)[] = [];
  for (const [piece, id] of Object.entries(model.vocab)) if (typeof id === 'number') pieces[id] = piece;
  return pieces;
}
