import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { byteLevelBpe } from './byte-level-bpe.js';
import type { GgufMetadata, GgufValue } from './gguf-format.js';
import { sentencePieceBpe } from './sentence-piece-bpe.js';
import { specialTokens } from './special-tokens.js';
import { isObject, parseVocabulary, type JsonObject, type Vocabulary } from './vocabulary.js';

/** A tokenizer in the words of llama.cpp. */
export interface GgufTokenizer {
  readonly metadata: GgufMetadata;
  /** Where llama.cpp may cut text otherwise, for people. */
  readonly notes: readonly string[];
}

/** What one kind of tokenizer adds to the vocabulary. */
export interface TokenizerModel {
  readonly metadata: readonly (readonly [string, GgufValue])[];
  readonly notes: readonly string[];
}

/**
 * Translates the payload of a tokenizer block: byte-level BPE and SentencePiece-style BPE with byte fallback. A model without a
 * tokenizer gets an empty one. Refuses with `GGUF_TOKENIZER` (another kind, ids beyond the model's, a text twice).
 */
export function ggufTokenizer(payload: Json, vocabSize: number): Result<GgufTokenizer> {
  if (payload === null) {
    const none: [string, GgufValue] = ['tokenizer.ggml.model', { type: 'string', value: 'none' }];
    return ok({ metadata: new Map([none]), notes: ['the model has no tokenizer: token ids only'] });
  }
  if (!isObject(payload) || !isObject(payload.tokenizer) || !isObject(payload.tokenizer.model))
    return refuse('the tokenizer block holds no tokenizer.json with a model');
  const { tokenizer } = payload;
  const vocabulary = parseVocabulary(tokenizer, vocabSize);
  if (!vocabulary.ok) return vocabulary;
  const model = tokenizerModel(tokenizer, vocabulary.value);
  if (!model.ok) return model;
  const metadata = new Map<string, GgufValue>([
    ['tokenizer.ggml.tokens', { type: 'strings', value: vocabulary.value.tokens }],
    ...model.value.metadata,
    ...specialTokens(payload, vocabulary.value),
  ]);
  return ok({ metadata, notes: model.value.notes });
}

function tokenizerModel(tokenizer: JsonObject, vocabulary: Vocabulary): Result<TokenizerModel> {
  const model = tokenizer.model as JsonObject;
  if (model.type !== undefined && model.type !== 'BPE')
    return refuse(
      `a tokenizer of type ${String(model.type).slice(0, 40)} has no form in GGUF that is written here`,
    );
  const byteLevel = byteLevelBpe(tokenizer, vocabulary);
  if (byteLevel !== null) return ok(byteLevel);
  const sentencePiece = sentencePieceBpe(tokenizer, vocabulary);
  if (sentencePiece !== null) return ok(sentencePiece);
  return refuse('the tokenizer is neither byte-level BPE nor SentencePiece-style BPE with byte fallback');
}

function refuse(detail: string): Result<never> {
  return err(new CodedError('GGUF_TOKENIZER', `the tokenizer cannot be exported: ${detail}`, { detail }));
}
