import type { Json } from '../../common/index.js';
import { isObject, type TokenizerSource } from './tokenizer-source.js';

type JsonObject = TokenizerSource['tokenizer'];

/** Words of GPT-2 (published `encoder.py`), which a `ByteLevel` pre-tokenizer splits by unless it says otherwise. */
const WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * A tokenizer.json whose byte-level pre-tokenizers name the pattern they split by. The library's own copy of it takes U+FEFF for white
 * space and U+0085 for none, as JavaScript's `\s` does; patterns from the file it reads as Unicode has them.
 */
export function withNamedWords(tokenizer: JsonObject): JsonObject {
  const { pre_tokenizer: before } = tokenizer;
  return before === undefined ? tokenizer : { ...tokenizer, pre_tokenizer: named(before) };
}

function named(entry: Json): Json {
  if (!isObject(entry)) return entry;
  const { type, pretokenizers } = entry;
  if (type === 'Sequence' && Array.isArray(pretokenizers))
    return { ...entry, pretokenizers: (pretokenizers as Json[]).flatMap(parts) };
  const [first, ...others] = parts(entry);
  return others.length === 0 ? first : { type: 'Sequence', pretokenizers: [first, ...others] };
}

/** A prefix space comes before the words are split, so such an entry stays whole. */
function parts(entry: Json): Json[] {
  if (!isObject(entry) || entry.type !== 'ByteLevel') return [entry];
  if (entry.use_regex === false || entry.add_prefix_space !== false) return [entry];
  const split = { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Isolated', invert: false };
  return [split, { ...entry, use_regex: false }];
}
