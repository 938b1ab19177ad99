/** The tokens of a model as a constraint sees them: plain data, so that it can be handed to the engine's thread. */
export interface Vocabulary {
  /** The bytes of all tokens, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each token's bytes begin, and where the last one's end: one more than there are tokens. */
  readonly offsets: Uint32Array;
  /** Tokens that end an answer. */
  readonly ends: readonly number[];
  /** Whether a space at the beginning of a text is not part of it. */
  readonly dropsFirstSpace: boolean;
}

/** Puts a vocabulary together. @param bytesOf the bytes of a token; null = it has no text */
export function makeVocabulary(
  size: number,
  bytesOf: (id: number) => Uint8Array | null,
  ends: readonly number[],
  dropsFirstSpace: boolean,
): Vocabulary {
  const tokens = Array.from({ length: size }, (_, id) => (ends.includes(id) ? null : bytesOf(id)));
  const offsets = new Uint32Array(size + 1);
  tokens.forEach((token, id) => (offsets[id + 1] = offsets[id] + (token?.length ?? 0)));
  const bytes = new Uint8Array(offsets[size]);
  tokens.forEach((token, id) => token !== null && bytes.set(token, offsets[id]));
  return { bytes, offsets, ends: ends.filter((id) => id < size), dropsFirstSpace };
}
