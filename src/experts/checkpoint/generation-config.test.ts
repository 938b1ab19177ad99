import { checkGenerationConfig } from './generation-config.js';

const refused = (raw: Record<string, unknown>) => {
  const checked = checkGenerationConfig(raw);
  return checked.ok ? null : [checked.error.code, checked.error.facts.member];
};

describe('generation_config.json', () => {
  it.each<Record<string, unknown>>([
    {},
    { bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: 0, do_sample: false, max_new_tokens: 200 },
    { do_sample: true, temperature: 0.7, top_p: 0.8, top_k: 20, min_p: 0.05, repetition_penalty: 1.05 },
    { _from_model_config: true, transformers_version: '4.51.0', max_length: 4096, use_cache: true },
    { suppress_tokens: [], no_repeat_ngram_size: 0, typical_p: 1, num_beams: 1, bad_words_ids: null },
    // Greedy: neither is looked at.
    { do_sample: false, top_k: -1, temperature: 0 },
  ])('is taken where answers do what it says: %j', (raw) => {
    expect(refused(raw)).toBeNull();
  });

  it.each<[string, unknown]>([
    ['suppress_tokens', [5]],
    ['begin_suppress_tokens', [5]],
    ['no_repeat_ngram_size', 3],
    ['typical_p', 0.9],
    ['num_beams', 4],
    ['min_new_tokens', 5],
    ['stop_strings', ['END']],
    ['forced_eos_token_id', 3],
    ['sequence_bias', [[[5], 2]]],
    ['exponential_decay_length_penalty', [5, 1.2]],
    ['watermarking_config', {}],
    ['what_nobody_knows', 1],
    ['do_sample', 'yes'],
    ['repetition_penalty', 'much'],
    ['max_new_tokens', 0],
    ['eos_token_id', ['</s>']],
    ['eos_token_id', -1],
  ])('is refused by name where they would not: %s = %j', (member, value) => {
    expect(refused({ [member]: value })).toEqual(['IMPORT_CONFIG', member]);
  });

  it.each<[string, unknown]>([
    ['temperature', -1],
    ['top_p', 2],
    ['top_k', 1.5],
    ['top_k', -1],
    ['min_p', '0.1'],
  ])('is refused where an answer could not be drawn: %s = %j', (member, value) => {
    expect(refused({ do_sample: true, [member]: value })).toEqual(['IMPORT_CONFIG', member]);
  });
});
