import { makeVocabulary, type Vocabulary } from '../constraints/index.js';
import type { TextTokenizer } from './text-tokenizer.js';

/** A model's tokens as constraints see them: `size` ids, `stopIds` of them end an answer. */
export function vocabularyOf(tokenizer: TextTokenizer, size: number, stopIds: readonly number[]): Vocabulary {
  return makeVocabulary(size, (id) => tokenizer.tokenBytes(id), stopIds, false);
}
