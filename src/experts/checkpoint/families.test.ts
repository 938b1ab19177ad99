import { readFileSync } from 'node:fs';
import { parseCheckpointConfig } from './checkpoint-config.js';

type Config = Record<string, unknown>;

const configOf = (folder: string) =>
  JSON.parse(readFileSync(`test/vectors/golden/${folder}/config.json`, 'utf8')) as Config;
const qwen3 = configOf('qwen3_moe-a-bf16');
const olmoe = configOf('olmoe-a-bf16');
const gptOss = configOf('gpt_oss-a-mxfp4');

/** Code and member of the refusal, and whether its message shows the value. */
function refusalOf(config: Config, changes: Config): unknown[] {
  const result = parseCheckpointConfig({ ...config, ...changes });
  if (result.ok) return ['OK'];
  const { code, facts, message } = result.error;
  const [value] = Object.values(changes);
  return [code, facts.member, message.includes((JSON.stringify(value) ?? '').slice(0, 100))];
}

const architectureOf = (config: Config, changes: Config = {}) => {
  const result = parseCheckpointConfig({ ...config, ...changes });
  return result.ok ? result.value.config.architecture : result.error;
};

describe('config.json of Qwen3-MoE', () => {
  it('is translated, the width of dense layers left aside', () => {
    expect(parseCheckpointConfig(qwen3)).toMatchObject({
      value: {
        mxfp4: false,
        config: { family: 'qwen3_moe', expertHiddenSize: 96, headDim: 32, rmsEpsilon: 1e-6 },
      },
    });
    expect(architectureOf(qwen3)).toEqual({ version: 1, queryKeyNorm: 'head' });
  });

  it('says whether the chosen factors are renormalised; without a word they are not', () => {
    const shares = { version: 1, queryKeyNorm: 'head', routerSoftmax: 'all' };
    expect(architectureOf(qwen3, { norm_topk_prob: false })).toEqual(shares);
    expect(architectureOf(qwen3, { norm_topk_prob: null })).toEqual(shares);
  });

  it('takes YaRN where factor and context agree', () => {
    const rope = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 1024 };
    const yarn = { factor: 4, originalPositions: 1024, betaFast: 32, betaSlow: 1, truncate: true };
    expect(architectureOf(qwen3, { rope_scaling: rope })).toMatchObject({ yarn });
    const disputed = { ...rope, original_max_position_embeddings: 2048 };
    expect(refusalOf(qwen3, { rope_scaling: disputed })).toEqual(['IMPORT_CONFIG', 'rope_scaling', true]);
  });

  it.each<[string, unknown]>([
    ['mlp_only_layers', [0]],
    ['mlp_only_layers', 'none'],
    ['decoder_sparse_step', 2],
    ['attention_bias', true],
    ['use_sliding_window', true],
    ['norm_topk_prob', 'yes'],
    ['hidden_act', 'gelu'],
    ['rope_scaling', { rope_type: 'longrope', factor: 4 }],
    ['rope_scaling', { type: 'linear', factor: 4 }],
    ['rope_scaling', { rope_type: 'default', factor: 4 }],
    ['rope_scaling', [4]],
    ['quantization_config', { quant_method: 'fp8' }],
    ['shared_expert_intermediate_size', 64],
    ['num_local_experts', 8],
  ])('is refused with %s = %j, by name and value', (member, value) => {
    expect(refusalOf(qwen3, { [member]: value })).toEqual(['IMPORT_CONFIG', member, true]);
  });
});

describe('config.json of OLMoE', () => {
  it('is translated', () => {
    expect(parseCheckpointConfig(olmoe)).toMatchObject({
      value: { config: { family: 'olmoe', expertHiddenSize: 64, headDim: 32, kvHeads: 3 } },
    });
    expect(architectureOf(olmoe)).toEqual({ version: 1, queryKeyNorm: 'width', routerSoftmax: 'all' });
    expect(architectureOf(olmoe, { norm_topk_prob: true })).toEqual({ version: 1, queryKeyNorm: 'width' });
  });

  it.each<[string, unknown]>([
    ['clip_qkv', 8],
    ['attention_bias', true],
    ['head_dim', 64],
    ['rope_scaling', { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 1024 }],
    ['sliding_window', 128],
    ['hidden_act', 'relu'],
  ])('is refused with %s = %j, by name and value', (member, value) => {
    expect(refusalOf(olmoe, { [member]: value })).toEqual(['IMPORT_CONFIG', member, true]);
  });
});

describe('config.json of gpt-oss', () => {
  it('is translated, with the form of its experts', () => {
    expect(parseCheckpointConfig(gptOss)).toMatchObject({ value: { mxfp4: true } });
    expect(parseCheckpointConfig({ ...gptOss, quantization_config: null })).toMatchObject({
      value: { mxfp4: false },
    });
    expect(architectureOf(gptOss)).toEqual({
      version: 1,
      attentionBias: true,
      attentionSinks: true,
      slidingWindow: { positions: 12, layers: [0, 2] },
      yarn: { factor: 32, originalPositions: 4096, betaFast: 32, betaSlow: 1, truncate: false },
      routerBias: true,
      expertBias: true,
      clampedSwiglu: { alpha: 1.702, limit: 7 },
    });
  });

  it('takes the defaults of transformers for windows, and none where all layers are full', () => {
    const { layer_types: _types, sliding_window: _window, ...rest } = gptOss;
    expect(architectureOf(rest)).toMatchObject({ slidingWindow: { positions: 128, layers: [0, 2] } });
    const full = { layer_types: Array.from({ length: 4 }, () => 'full_attention') };
    expect(architectureOf(gptOss, full)).not.toHaveProperty('slidingWindow');
  });

  it.each<[string, unknown]>([
    ['attention_bias', false],
    ['layer_types', ['full_attention']],
    ['layer_types', ['full_attention', 'chunked_attention', 'full_attention', 'full_attention']],
    ['experts_per_token', 2],
    ['initial_context_length', 8192],
    ['rope_scaling', { rope_type: 'dynamic', factor: 32, original_max_position_embeddings: 4096 }],
    ['rope_scaling', { rope_type: 'yarn', factor: 32, original_max_position_embeddings: 4096, mscale: 1 }],
    ['rope_scaling', { rope_type: 'yarn', factor: 16, original_max_position_embeddings: 4096 }],
    ['quantization_config', { quant_method: 'awq' }],
    ['quantization_config', { quant_method: 'mxfp4', modules_to_not_convert: ['lm_head'] }],
    ['quantization_config', { quant_method: 'mxfp4', group_size: 16 }],
    ['quantization_config', 'mxfp4'],
    ['norm_topk_prob', false],
  ])('is refused with %s = %j, by name and value', (member, value) => {
    expect(refusalOf(gptOss, { [member]: value })).toEqual(['IMPORT_CONFIG', member, true]);
  });

  it.each<[string, unknown, string]>([
    ['swiglu_limit', -7, 'architecture.clampedSwiglu.limit'],
    ['sliding_window', 0, 'architecture.slidingWindow.positions'],
    ['sliding_window', 'wide', 'architecture.slidingWindow.positions'],
  ])('is refused with %s = %j', (member, value, named) => {
    expect(refusalOf(gptOss, { [member]: value })[1]).toBe(named);
  });
});
