import type { Json } from '../../common/index.js';
import { isObject, type TokenizerSource } from '../tokenizer/tokenizer-source.js';

/** What an answer is made with when the request does not say; from the model's generation_config.json. */
export interface SamplingDefaults {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  /** Null: as many as the context holds. */
  readonly maxTokens: number | null;
}

/**
 * Reads the defaults as the transformers library means them: `do_sample: false` is greedy, whatever the temperature. A
 * value that is absent or not a number counts as the neutral one.
 */
export function samplingDefaults(source: TokenizerSource | null): SamplingDefaults {
  const generation = source?.generation ?? {};
  const number = (name: string, neutral: number) => numberOr(generation[name], neutral);
  const greedy = generation.do_sample !== true;
  const maxTokens = number('max_new_tokens', 0);
  return {
    temperature: greedy ? 0 : number('temperature', 1),
    topP: greedy ? 1 : number('top_p', 1),
    topK: greedy ? 0 : number('top_k', 0),
    minP: greedy ? 0 : number('min_p', 0),
    repetitionPenalty: number('repetition_penalty', 1),
    maxTokens: maxTokens > 0 ? maxTokens : null,
  };
}

/** Ids that end an answer: `eos_token_id` of the generation configuration, else the tokenizer's `eos_token`. */
export function stopTokenIds(
  source: TokenizerSource | null,
  idOf: (token: string) => number | undefined,
): number[] {
  if (source === null) return [];
  const ids = [source.generation?.eos_token_id ?? null].flat().filter(isTokenId);
  if (ids.length > 0) return ids;
  const eos = source.config.eos_token;
  const text = isObject(eos) ? eos.content : eos;
  const id = typeof text === 'string' ? idOf(text) : undefined;
  return id === undefined ? [] : [id];
}

function numberOr(value: Json | undefined, neutral: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : neutral;
}

function isTokenId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
