import { storedModel, valuesOf } from '../../../test/factories/stored-model.js';
import { writtenGguf } from '../../../test/support/gguf-reader.js';
import { unwrap } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import type { Architecture } from '../tensorblock/architecture.js';
import { FAMILY_NAMES } from '../tensorblock/families/index.js';
import { ggufFamily } from './families/index.js';
import { ggufArchitecture } from './gguf-architecture.js';
import { prepareGguf } from './gguf-file.js';

const sizes = {
  ...{ hiddenSize: 64, layers: 2, experts: 3, expertsPerToken: 2, expertHiddenSize: 96 },
  ...{ heads: 2, kvHeads: 2, headDim: 32, vocabSize: 48, maxPositions: 128, ropeTheta: 1e4 },
  ...{ rmsEpsilon: 1e-5, tieWordEmbeddings: false },
};
const yarn = { factor: 4, originalPositions: 32, betaFast: 32, betaSlow: 1, truncate: true };
const gptOss: Architecture = {
  ...{ version: 1, attentionBias: true, attentionSinks: true, routerBias: true, expertBias: true },
  ...{ slidingWindow: { positions: 12, layers: [1] }, yarn, clampedSwiglu: { alpha: 1.702, limit: 7 } },
};
const CONFIGS: Readonly<Record<string, ModelConfig>> = {
  mixtral: { ...sizes, family: 'mixtral', kvHeads: 1 },
  qwen3_moe: {
    ...{ ...sizes, family: 'qwen3_moe', kvHeads: 1, headDim: 48 },
    architecture: { version: 1, queryKeyNorm: 'head', yarn: { ...yarn, attentionFactor: 0.5 } },
  },
  olmoe: {
    ...{ ...sizes, family: 'olmoe' },
    architecture: { version: 1, queryKeyNorm: 'width', routerSoftmax: 'all' },
  },
  gpt_oss: { ...sizes, family: 'gpt_oss', kvHeads: 1, headDim: 48, architecture: gptOss },
};

/** Tensors of layer 1, by our name, with their dimensions in the file. */
const LAYER: Readonly<Record<string, readonly [name: string, dimensions: number[]]>> = {
  'attention.norm': ['attn_norm.weight', [64]],
  'attention.v': ['attn_v.weight', [64, 32]],
  'attention.o': ['attn_output.weight', [64, 64]],
  'router.norm': ['ffn_norm.weight', [64]],
  'router.weight': ['ffn_gate_inp.weight', [64, 3]],
  'expert.gate': ['ffn_gate_exps.weight', [64, 96, 3]],
  'expert.up': ['ffn_up_exps.weight', [64, 96, 3]],
  'expert.down': ['ffn_down_exps.weight', [96, 64, 3]],
};
const UNTURNED = { 'attention.q': ['attn_q.weight', [64, 64]], 'attention.k': ['attn_k.weight', [64, 64]] };
const WIDE = {
  'attention.q': ['attn_q.weight', [64, 96]],
  'attention.k': ['attn_k.weight', [64, 48]],
  'attention.v': ['attn_v.weight', [64, 48]],
  'attention.o': ['attn_output.weight', [96, 64]],
};
const EXPECTED: Readonly<Record<string, object>> = {
  qwen3_moe: {
    ...{ ...LAYER, ...WIDE },
    'attention.q_norm': ['attn_q_norm.weight', [48]],
    'attention.k_norm': ['attn_k_norm.weight', [48]],
  },
  olmoe: {
    ...{ ...LAYER, ...UNTURNED },
    'attention.v': ['attn_v.weight', [64, 64]],
    'attention.q_norm': ['attn_q_norm.weight', [64]],
    'attention.k_norm': ['attn_k_norm.weight', [64]],
  },
  gpt_oss: {
    ...{ ...LAYER, ...WIDE },
    'attention.q_bias': ['attn_q.bias', [96]],
    'attention.k_bias': ['attn_k.bias', [48]],
    'attention.v_bias': ['attn_v.bias', [48]],
    'attention.o_bias': ['attn_output.bias', [64]],
    'attention.sinks': ['attn_sinks.weight', [2]],
    'router.norm': ['post_attention_norm.weight', [64]],
    'router.bias': ['ffn_gate_inp.bias', [3]],
    'expert.gate_bias': ['ffn_gate_exps.bias', [96, 3]],
    'expert.up_bias': ['ffn_up_exps.bias', [96, 3]],
    'expert.down_bias': ['ffn_down_exps.bias', [64, 3]],
  },
};

describe('the families in GGUF', () => {
  it('are all that can be computed', () => {
    for (const family of FAMILY_NAMES) expect(ggufFamily(family)).toMatchObject({ ok: true });
  });

  it.each(Object.keys(EXPECTED))('holds every tensor of %s once, by its name there', async (family) => {
    const { model, tensors } = storedModel(CONFIGS[family], 'f32');
    const gguf = await writtenGguf(model);
    const layer = Object.entries(EXPECTED[family] as typeof LAYER);
    expect(gguf.tensors.size).toBe(3 + 2 * layer.length);
    expect(new Set([...tensors.keys()].map((key) => key.replace(/^layer\d+\.([a-z]+)\d*/, '$1'))).size).toBe(
      3 + layer.length,
    );
    for (const [key, [name, dimensions]] of layer) {
      const [kind, tensor] = key.split('.');
      const blocks = kind === 'expert' ? [0, 1, 2].map((expert) => `expert${expert}`) : [kind];
      const found = gguf.tensors.get(`blk.1.${name}`);
      expect({ key, dimensions: found?.dimensions }).toEqual({ key, dimensions });
      expect({ key, values: found?.values() }).toEqual({
        key,
        values: blocks.flatMap((block) => valuesOf(tensors.get(`layer1.${block}.${tensor}`)!)),
      });
    }
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['qwen3_moe', 'qwen3moe', { expert_feed_forward_length: 96, 'attention.key_length': 48 }],
    [
      ...(['qwen3_moe', 'qwen3moe'] as const),
      {
        'rope.scaling.type': 'yarn',
        'rope.scaling.factor': 4,
        'rope.scaling.original_context_length': 32,
        'rope.scaling.attn_factor': Math.fround(0.5 / (0.1 * Math.log(4) + 1)),
      },
    ],
    [
      ...(['olmoe', 'olmoe'] as const),
      { feed_forward_length: 96, 'rope.scaling.type': undefined, 'attention.head_count_kv': 2 },
    ],
    [
      ...(['gpt_oss', 'gpt-oss'] as const),
      {
        expert_feed_forward_length: 96,
        expert_used_count: 2,
        'attention.sliding_window': 12,
        'attention.sliding_window_pattern': [false, true],
        'rope.scaling.yarn_beta_fast': 32,
        'rope.scaling.yarn_beta_slow': 1,
        'rope.scaling.attn_factor': undefined,
      },
    ],
  ])('describes %s as %s', async (family, architecture, expected) => {
    const { metadata } = await writtenGguf(storedModel(CONFIGS[family], 'f32').model);
    expect(metadata.get('general.architecture')).toBe(architecture);
    const found = Object.keys(expected).map((key) => [key, metadata.get(`${architecture}.${key}`)]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it('stacks the experts of every dtype with their biases', async () => {
    for (const [dtype, type] of [
      ['f16', 1],
      ['int8', 8],
      ['int4', 2],
    ] as const) {
      const { tensors } = await writtenGguf(storedModel(CONFIGS['gpt_oss'], dtype).model);
      expect(tensors.get('blk.0.ffn_up_exps.weight')?.type).toBe(type);
      expect(tensors.get('blk.0.ffn_up_exps.bias')?.type).toBe(0);
      expect(tensors.get('blk.0.attn_sinks.weight')?.type).toBe(0);
    }
  });

  const withParts = (family: string, parts: object): ModelConfig => ({
    ...CONFIGS[family],
    architecture: { version: 1, ...CONFIGS[family].architecture, ...parts } as Architecture,
  });
  it.each<[string, ModelConfig]>([
    ['architecture.queryKeyNorm', withParts('mixtral', { queryKeyNorm: 'head' })],
    ['architecture.yarn', withParts('mixtral', { yarn })],
    ['architecture.queryKeyNorm', withParts('qwen3_moe', { queryKeyNorm: 'width' })],
    ['architecture.routerSoftmax', withParts('qwen3_moe', { routerSoftmax: 'all' })],
    ['architecture.slidingWindow', withParts('qwen3_moe', { slidingWindow: { positions: 8, layers: [0] } })],
    ['architecture.yarn.betaFast', withParts('qwen3_moe', { yarn: { ...yarn, betaFast: 16 } })],
    ['architecture.yarn.betaSlow', withParts('gpt_oss', { yarn: { ...yarn, betaSlow: 2 } })],
    ['architecture.routerSoftmax', withParts('olmoe', { routerSoftmax: undefined })],
    ['kvHeads', { ...CONFIGS['olmoe'], kvHeads: 1 }],
    ['headDim', { ...CONFIGS['olmoe'], headDim: 16 }],
    ['architecture.clampedSwiglu', withParts('gpt_oss', { clampedSwiglu: { alpha: 1.702, limit: 6 } })],
    ['architecture.attentionSinks', withParts('gpt_oss', { attentionSinks: undefined })],
    ['architecture.slidingWindow', withParts('gpt_oss', { slidingWindow: undefined })],
    ['layers', { ...CONFIGS['mixtral'], layers: 513 }],
    ['experts', { ...CONFIGS['mixtral'], experts: 1025 }],
  ])('refuses what llama.cpp cannot represent: %s', async (member, config) => {
    const model = { name: 'small', version: '1.0.0', config, blocks: [], tokenizer: null };
    expect(await prepareGguf(model)).toMatchObject({ error: { code: 'GGUF_CONFIG', facts: { member } } });
  });

  it('takes the members of a part in any order, and notes what llama.cpp rounds', () => {
    const parts = { clampedSwiglu: { limit: 7, alpha: 1.702 }, yarn: { ...yarn, truncate: false } };
    const family = unwrap(ggufFamily('gpt_oss'));
    expect(unwrap(ggufArchitecture(CONFIGS['gpt_oss'], family)).notes).toEqual([]);
    const { notes } = unwrap(ggufArchitecture(withParts('gpt_oss', parts), family));
    expect(notes).toEqual([expect.stringContaining('rounds')]);
  });
});
