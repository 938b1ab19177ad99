import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';

type JsonObject = { readonly [key: string]: Json };

/** One entry of `added_tokens` in tokenizer.json. */
export interface AddedTokenEntry {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** The content of a tokenizer block: the checkpoint's tokenizer.json, tokenizer_config.json and generation_config.json. */
export interface TokenizerSource {
  readonly tokenizer: JsonObject;
  readonly config: JsonObject;
  readonly generation: JsonObject | null;
}

/** Reads the payload of a tokenizer block (already verified against its hash); refuses with `TOKENIZER_INVALID`. */
export function parseTokenizerSource(payload: Json): Result<TokenizerSource> {
  if (!isObject(payload)) return invalid('the tokenizer block is not an object');
  const { tokenizer, config, generation } = payload;
  if (!isObject(tokenizer) || !isObject(tokenizer.model))
    return invalid('it holds no tokenizer.json with a model');
  if (!isObject(config)) return invalid('it holds no tokenizer_config.json');
  return ok({ tokenizer, config, generation: isObject(generation) ? generation : null });
}

/** The added tokens of a tokenizer.json, malformed entries left out. */
export function addedTokens(source: TokenizerSource): AddedTokenEntry[] {
  const entries = source.tokenizer.added_tokens;
  if (!Array.isArray(entries)) return [];
  return (entries as Json[]).filter(isObject).flatMap((entry) =>
    Number.isSafeInteger(entry.id) && typeof entry.content === 'string'
      ? [
          {
            id: entry.id as number,
            content: entry.content,
            special: entry.special === true,
            lstrip: entry.lstrip === true,
            rstrip: entry.rstrip === true,
          },
        ]
      : [],
  );
}

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): Result<never> {
  return err(new CodedError('TOKENIZER_INVALID', `the tokenizer cannot be used: ${detail}`, {}, 503));
}
