import { makeVocabulary, type Vocabulary } from '../constraints/index.js';
import { spelledTokens } from './spelled-tokens.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { byteLevelTokens } from './token-bytes.js';

/**
 * A model's tokens as constraints see them: `size` ids, `stopIds` of them end an answer. Undefined for a tokenizer whose tokens
 * cannot be told from its file alone.
 */
export function vocabularyOf(
  { source }: TextTokenizer,
  size: number,
  stopIds: readonly number[],
): Vocabulary | undefined {
  const bytesOf = byteLevelTokens(source);
  if (bytesOf !== null) return makeVocabulary(size, bytesOf, stopIds, false);
  const spelled = spelledTokens(source);
  return spelled === null
    ? undefined
    : makeVocabulary(size, spelled.bytesOf, stopIds, spelled.dropsFirstSpace);
}
