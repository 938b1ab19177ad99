import { readFileSync } from 'node:fs';
import { parseCheckpointConfig } from './checkpoint-config.js';

const genesis = JSON.parse(readFileSync('models/genesis/config.json', 'utf8')) as Record<string, unknown>;
const refusalOf = (changes: Record<string, unknown>) => {
  const result = parseCheckpointConfig({ ...genesis, ...changes });
  return result.ok ? null : [result.error.code, result.error.facts.member ?? null];
};

describe('config.json of a Mixtral model', () => {
  it('translates the genesis model', () => {
    expect(parseCheckpointConfig(genesis)).toMatchObject({
      value: {
        config: {
          hiddenSize: 192,
          layers: 6,
          experts: 8,
          expertsPerToken: 2,
          kvHeads: 2,
          headDim: 32,
          ropeTheta: 10_000,
        },
      },
    });
  });

  it('takes the defaults of transformers for what is left out', () => {
    const { head_dim: _head, rope_theta: _theta, num_local_experts: _experts, ...rest } = genesis;
    expect(parseCheckpointConfig(rest)).toMatchObject({
      value: { config: { headDim: 32, ropeTheta: 1e6, experts: 8 } },
    });
  });

  it('reads the rotary base where newer configurations keep it', () => {
    const { rope_theta: _theta, ...rest } = genesis;
    const moved = { ...rest, rope_parameters: { rope_type: 'default', rope_theta: 5000 } };
    expect(parseCheckpointConfig(moved)).toMatchObject({ value: { config: { ropeTheta: 5000 } } });
  });

  it('names another architecture and what is supported', () => {
    const result = parseCheckpointConfig({ ...genesis, architectures: ['Qwen2MoeForCausalLM'] });
    expect(result).toMatchObject({
      error: {
        code: 'IMPORT_ARCHITECTURE',
        message: expect.stringMatching(/Qwen2Moe.*MixtralForCausalLM.*Qwen3Moe/) as string,
      },
    });
  });

  it.each<[string, unknown]>([
    ['sliding_window', 4096],
    ['hidden_act', 'gelu'],
    ['attention_bias', true],
    ['rope_scaling', { type: 'linear', factor: 2 }],
    ['rope_parameters', { rope_type: 'yarn', rope_theta: 1e4, factor: 4 }],
    ['quantization_config', { bits: 4 }],
    ['some_future_switch', 1],
  ])('refuses %s = %p by name', (member, value) => {
    expect(refusalOf({ [member]: value })).toEqual(['IMPORT_CONFIG', member]);
  });

  it.each<[string, unknown, string]>([
    ['hidden_size', 0, 'hiddenSize'],
    ['hidden_size', '192', 'hiddenSize'],
    ['num_hidden_layers', 1e9, 'layers'],
    ['num_experts_per_tok', 9, 'expertsPerToken'],
    ['num_key_value_heads', 4, 'kvHeads'],
    ['head_dim', 31, 'headDim'],
    ['rms_norm_eps', -1, 'rmsEpsilon'],
    ['tie_word_embeddings', 'no', 'tieWordEmbeddings'],
  ])('refuses %s = %p', (member, value, named) => {
    expect(refusalOf({ [member]: value })).toEqual(['IMPORT_CONFIG', named]);
  });

  it.each<[string, number, string, number]>([
    ['intermediate_size', 2 ** 19, 'expertHiddenSize', 2 ** 18],
    ['vocab_size', 2 ** 22, 'vocabSize', 2 ** 21],
    ['max_position_embeddings', 2 ** 24, 'maxPositions', 2 ** 20],
  ])('refuses %s = %p, which the kernel cannot serve, by name and limit', (member, value, named, limit) => {
    expect(parseCheckpointConfig({ ...genesis, [member]: value })).toMatchObject({
      error: {
        code: 'IMPORT_CONFIG',
        message: `model configuration: ${named} is ${value}: must be a whole number from 1 to ${limit}`,
        facts: { member: named, value, limit },
      },
    });
  });
});
