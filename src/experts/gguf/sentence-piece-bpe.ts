import type { Json } from '../../common/index.js';
import type { TokenizerModel } from './gguf-tokenizer.js';
import { isObject, TOKEN_TYPE, type JsonObject, type Vocabulary } from './vocabulary.js';

const BYTE_TOKEN = /^<0x[0-9A-F]{2}>$/;

/**
 * A tokenizer that merges characters, spaces written as U+2581, with bytes for what is unknown: in llama.cpp's words `llama`; null
 * for another kind. llama.cpp joins the two neighbours whose union has the best score, so the scores are the merges' ranks.
 */
export function sentencePieceBpe(tokenizer: JsonObject, vocabulary: Vocabulary): TokenizerModel | null {
  if ((tokenizer.model as JsonObject).byte_fallback !== true) return null;
  const types = vocabulary.types.map((type, id) =>
    type === TOKEN_TYPE.normal && BYTE_TOKEN.test(vocabulary.tokens[id]) ? TOKEN_TYPE.byte : type,
  );
  return {
    metadata: [
      ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
      ['tokenizer.ggml.pre', { type: 'string', value: 'default' }],
      ['tokenizer.ggml.scores', { type: 'float32s', value: scores(vocabulary) }],
      ['tokenizer.ggml.token_type', { type: 'int32s', value: types }],
      ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: prependsSpace(tokenizer) }],
    ],
    notes: [],
  };
}

/** Minus the rank of the first merge that makes a token; tokens that no merge makes come after all others. */
function scores({ tokens, merges }: Vocabulary): number[] {
  const ranks = new Map<string, number>();
  merges.forEach(([left, right], rank) => {
    if (!ranks.has(left + right)) ranks.set(left + right, rank);
  });
  return tokens.map((text, id) => -(ranks.get(text) ?? merges.length + id));
}

/** Whether text gets a space in front, by the normalizer (older files) or the pre-tokenizer (newer ones). */
function prependsSpace({ normalizer, pre_tokenizer: preTokenizer }: JsonObject): boolean {
  if (isObject(preTokenizer) && preTokenizer.type === 'Metaspace')
    return preTokenizer.prepend_scheme === undefined
      ? preTokenizer.add_prefix_space === true
      : preTokenizer.prepend_scheme !== 'never';
  return isObject(normalizer) && normalizerSteps(normalizer).some((step) => step.type === 'Prepend');
}

function normalizerSteps(normalizer: JsonObject): JsonObject[] {
  const steps = normalizer.type === 'Sequence' ? normalizer.normalizers : [normalizer];
  return Array.isArray(steps) ? (steps as Json[]).filter(isObject) : [];
}
