import type { Result } from '../../common/index.js';
import { ConfigReader } from '../tensorblock/families/index.js';

/** Members of generation_config.json that change no token of an answer here: caches, outputs, drafts, what beams alone look at. */
const WITHOUT_EFFECT = [
  '_from_model_config',
  'assistant_confidence_threshold',
  'assistant_early_exit',
  'assistant_lookbehind',
  'cache_config',
  'cache_implementation',
  'chat_format',
  'compile_config',
  'decoder_start_token_id',
  'disable_compile',
  'early_stopping',
  'is_assistant',
  'length_penalty',
  'low_memory',
  'max_length',
  'max_matching_ngram_size',
  'num_assistant_tokens',
  'num_assistant_tokens_schedule',
  'num_return_sequences',
  'output_logits',
  'output_scores',
  'prefill_chunk_size',
  'prompt_lookup_num_tokens',
  'remove_invalid_values',
  'renormalize_logits',
  'return_dict_in_generate',
  'return_legacy_cache',
  'target_lookbehind',
];

/** Members that change which tokens are chosen and are not supported, with the value that changes nothing. */
const NEUTRAL = {
  diversity_penalty: 0,
  encoder_no_repeat_ngram_size: 0,
  encoder_repetition_penalty: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
  guidance_scale: 1,
  min_length: 0,
  min_new_tokens: 0,
  no_repeat_ngram_size: 0,
  num_beam_groups: 1,
  num_beams: 1,
  penalty_alpha: 0,
  token_healing: false,
  typical_p: 1,
};

/** The same for lists. */
const LISTS = [
  'bad_words_ids',
  'begin_suppress_tokens',
  'force_words_ids',
  'forced_decoder_ids',
  'stop_strings',
  'suppress_tokens',
];

/** Ranges as the sampler has them. */
const RANGES = { temperature: [0, 100], top_p: [0, 1], min_p: [0, 1] } as const;
const MOST_TOP_K = 2 ** 31;

/**
 * Refuses (`IMPORT_CONFIG`, naming the member) what a `generation_config.json` asks for and answers would not do: nothing is ignored
 * that is not known to be without effect.
 */
export function checkGenerationConfig(raw: Readonly<Record<string, unknown>>): Result<void> {
  const reader = new ConfigReader(raw, 'generation_config.json');
  reader.withoutEffect(...WITHOUT_EFFECT);
  for (const [member, value] of Object.entries(NEUTRAL)) reader.fixed(member, value);
  for (const member of LISTS) reader.none(member);
  if (reader.flag('do_sample', false)) {
    for (const [member, range] of Object.entries(RANGES)) reader.number(member, range);
    reader.number('top_k', [0, MOST_TOP_K], true);
  } else reader.withoutEffect(...Object.keys(RANGES), 'top_k');
  reader.number('repetition_penalty', [1e-3, 100]);
  reader.number('max_new_tokens', [1, Number.MAX_SAFE_INTEGER], true);
  const ends = [raw.eos_token_id ?? []].flat();
  if (!ends.every((id) => Number.isSafeInteger(id) && (id as number) >= 0))
    reader.refuse('eos_token_id', 'supported are a token id and a list of them');
  return reader.finish(undefined);
}
