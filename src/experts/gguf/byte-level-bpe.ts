import type { Json } from '../../common/index.js';
import type { TokenizerModel } from './gguf-tokenizer.js';
import { isObject, type JsonObject, type Vocabulary } from './vocabulary.js';

/** The pattern that `ByteLevel` uses when it is told to cut by itself. */
const BYTE_LEVEL_PATTERN = 'ByteLevel';
const DIGITS = 'Digits';

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const LETTERS = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const REST = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const START = '[^\\r\\n\\p{L}\\p{N}]?';
const SLASH_REST = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** How text is cut before merging, in the words of tokenizer.json (patterns in order), and its name in llama.cpp. */
const CUTS: ReadonlyMap<string, { readonly pre: string; readonly ignoringMerges?: string }> = new Map([
  [BYTE_LEVEL_PATTERN, { pre: 'gpt-2' }],
  [`${DIGITS}\n${BYTE_LEVEL_PATTERN}`, { pre: 'smollm' }],
  [`${CONTRACTIONS}|${LETTERS}|\\p{N}|${REST}`, { pre: 'qwen2' }],
  // llama.cpp takes whole words from the vocabulary without merging under the first of these two names only
  [`${CONTRACTIONS}|${LETTERS}|\\p{N}{1,3}|${REST}`, { pre: 'dbrx', ignoringMerges: 'llama-bpe' }],
  [
    `${START}${UPPER}*${LOWER}+${CONTRACTIONS}?|${START}${UPPER}+${LOWER}*${CONTRACTIONS}?|\\p{N}{1,3}|${SLASH_REST}`,
    { pre: 'gpt-4o' },
  ],
  [
    `${START}${UPPER}*${LOWER}+|${START}${UPPER}+${LOWER}*|\\p{N}|${SLASH_REST}`,
    { pre: 'tekken', ignoringMerges: 'tekken' },
  ],
]);

/** A tokenizer that merges bytes, in llama.cpp's words `gpt2`; null for another kind. */
export function byteLevelBpe(tokenizer: JsonObject, vocabulary: Vocabulary): TokenizerModel | null {
  const steps = stepsOf(tokenizer.pre_tokenizer);
  if (!steps.some((step) => step.type === 'ByteLevel')) return null;
  const ignoresMerges = (tokenizer.model as JsonObject).ignore_merges === true;
  const known = CUTS.get(patternsOf(steps).join('\n'));
  const pre = ignoresMerges ? known?.ignoringMerges : known?.pre;
  const notes: string[] = [];
  if (pre === undefined)
    notes.push('llama.cpp has no name for the way this tokenizer cuts text; its default may cut otherwise');
  if (isObject(tokenizer.normalizer)) notes.push('llama.cpp does not normalise text before it cuts it');
  return {
    metadata: [
      ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
      ['tokenizer.ggml.pre', { type: 'string', value: pre ?? 'default' }],
      ['tokenizer.ggml.token_type', { type: 'int32s', value: vocabulary.types }],
      ['tokenizer.ggml.merges', { type: 'strings', value: vocabulary.merges.map((pair) => pair.join(' ')) }],
    ],
    notes,
  };
}

/** The pre-tokenizer's steps, a sequence unfolded. */
function stepsOf(preTokenizer: Json | undefined): JsonObject[] {
  if (!isObject(preTokenizer)) return [];
  if (preTokenizer.type !== 'Sequence') return [preTokenizer];
  const steps = preTokenizer.pretokenizers;
  return Array.isArray(steps) ? (steps as Json[]).filter(isObject) : [];
}

function patternsOf(steps: readonly JsonObject[]): string[] {
  return steps.flatMap((step) => {
    if (step.type === 'ByteLevel') return step.use_regex === false ? [] : [BYTE_LEVEL_PATTERN];
    if (step.type === 'Digits' && step.individual_digits === true) return [DIGITS];
    if (step.type === 'Split' && isObject(step.pattern)) return [String(step.pattern.Regex)];
    return [String(step.type)];
  });
}
