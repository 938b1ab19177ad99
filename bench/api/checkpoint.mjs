// A Hugging Face Mixtral checkpoint of shape M with random weights: width 1,024, 8 layers, 8 experts top-2, expert width 2,816,
// 16 heads of which 4 KV, vocabulary 32,000. Its tokenizer is that of genesis, filled up with tokens nobody writes.
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../server.mjs';

const CONFIG = {
  architectures: ['MixtralForCausalLM'],
  model_type: 'mixtral',
  vocab_size: 32_000,
  hidden_size: 1024,
  intermediate_size: 2816,
  num_hidden_layers: 8,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  num_local_experts: 8,
  num_experts_per_tok: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  max_position_embeddings: 1024,
  head_dim: 64,
  hidden_act: 'silu',
  sliding_window: null,
  tie_word_embeddings: false,
  eos_token_id: 3,
};

/** Writes the folder (1.1 GB). */
export function writeCheckpoint(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIG));
  writeTokenizer(folder);
  writeWeights(join(folder, 'model.safetensors'));
}

function writeTokenizer(folder) {
  const genesis = (name) => JSON.parse(readFileSync(join(root, 'models/genesis', name), 'utf8'));
  const tokenizer = genesis('tokenizer.json');
  for (let id = Object.keys(tokenizer.model.vocab).length; id < CONFIG.vocab_size; id++) {
    tokenizer.model.vocab[`filler${id}`] = id;
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(genesis('tokenizer_config.json')));
  const generation = { ...genesis('generation_config.json'), max_new_tokens: 64 };
  writeFileSync(join(folder, 'generation_config.json'), JSON.stringify(generation));
}

function tensors() {
  const { hidden_size: d, intermediate_size: f, vocab_size: v, num_local_experts: e } = CONFIG;
  const kv = CONFIG.num_key_value_heads * CONFIG.head_dim;
  const layers = Array.from({ length: CONFIG.num_hidden_layers }, (_, layer) => {
    const prefix = `model.layers.${layer}`;
    const experts = Array.from({ length: e }, (_, expert) => {
      const name = `${prefix}.block_sparse_moe.experts.${expert}`;
      return [
        [`${name}.w1.weight`, f, d],
        [`${name}.w2.weight`, d, f],
        [`${name}.w3.weight`, f, d],
      ];
    });
    return [
      [`${prefix}.input_layernorm.weight`, d],
      [`${prefix}.self_attn.q_proj.weight`, d, d],
      [`${prefix}.self_attn.k_proj.weight`, kv, d],
      [`${prefix}.self_attn.v_proj.weight`, kv, d],
      [`${prefix}.self_attn.o_proj.weight`, d, d],
      [`${prefix}.post_attention_layernorm.weight`, d],
      [`${prefix}.block_sparse_moe.gate.weight`, e, d],
      ...experts.flat(),
    ];
  });
  return [
    ['model.embed_tokens.weight', v, d],
    ...layers.flat(),
    ['model.norm.weight', d],
    ['lm_head.weight', v, d],
  ];
}

function writeWeights(path) {
  const header = {};
  let offset = 0;
  for (const [name, ...shape] of tensors()) {
    const bytes = shape.reduce((size, side) => size * side, 2);
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(path, 'w');
  writeSync(file, length);
  writeSync(file, text);
  const noise = halfNoise();
  for (const { shape, data_offsets: range } of Object.values(header))
    writeTensor(file, shape, range[1] - range[0], noise);
  closeSync(file);
}

/** 1 MiB of halves of magnitude 0.0156 to 0.031 with random signs (an xorshift32). */
function halfNoise() {
  const halves = new Uint16Array(1 << 19);
  let state = 0x9e3779b9;
  for (let i = 0; i < halves.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    halves[i] = ((state & 1) << 15) | 0x2400 | ((state >>> 8) & 0x3ff);
  }
  return Buffer.from(halves.buffer);
}

function writeTensor(file, shape, bytes, noise) {
  if (shape.length === 1) {
    writeSync(file, Buffer.from(new Uint16Array(shape[0]).fill(0x3c00).buffer));
    return;
  }
  for (let at = 0; at < bytes; at += noise.length)
    writeSync(file, noise, 0, Math.min(noise.length, bytes - at));
}
