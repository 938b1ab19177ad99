import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A tensor to be written: F32 values, or raw bytes of another dtype. */
export interface TensorContent {
  readonly dtype?: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | Uint8Array;
}

/** Bytes of a safetensors file with these tensors one after the other. */
export function safetensors(tensors: Readonly<Record<string, TensorContent>>): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype = 'F32', shape, data }] of Object.entries(tensors)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/** Numbers between -1 and 1 that are the same every time; exact in 16-bit floats. */
export function weights(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 24) - 128) / 128;
  });
}

/** `config.json` of the tiny model that `tinyTensors` belongs to. */
export const TINY_CONFIG = {
  architectures: ['MixtralForCausalLM'],
  model_type: 'mixtral',
  vocab_size: 24,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  num_local_experts: 3,
  num_experts_per_tok: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 64,
  head_dim: 16,
  hidden_act: 'silu',
  sliding_window: null,
  tie_word_embeddings: false,
};

/** Every tensor of a tiny Mixtral checkpoint in F32, layers of 3 experts. */
export function tinyTensors(layers = 2): Record<string, TensorContent> {
  const tensors: Record<string, TensorContent> = {};
  const add = (name: string, ...shape: number[]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors[name] = { shape, data: weights(count, Object.keys(tensors).length + 1) };
  };
  add('lm_head.weight', 24, 32);
  add('model.embed_tokens.weight', 24, 32);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    for (const expert of [0, 1, 2]) {
      add(`${at}.block_sparse_moe.experts.${expert}.w1.weight`, 64, 32);
      add(`${at}.block_sparse_moe.experts.${expert}.w2.weight`, 32, 64);
      add(`${at}.block_sparse_moe.experts.${expert}.w3.weight`, 64, 32);
    }
    add(`${at}.block_sparse_moe.gate.weight`, 3, 32);
    add(`${at}.input_layernorm.weight`, 32);
    add(`${at}.post_attention_layernorm.weight`, 32);
    add(`${at}.self_attn.k_proj.weight`, 16, 32);
    add(`${at}.self_attn.o_proj.weight`, 32, 32);
    add(`${at}.self_attn.q_proj.weight`, 32, 32);
    add(`${at}.self_attn.v_proj.weight`, 16, 32);
  }
  add('model.norm.weight', 32);
  return tensors;
}

/** A new folder with these files; values that are no bytes or text are written as JSON. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-checkpoint-'));
  for (const [name, content] of Object.entries(files)) {
    const raw = content instanceof Uint8Array || typeof content === 'string';
    writeFileSync(join(folder, name), raw ? content : JSON.stringify(content));
  }
  return folder;
}

/** The tiny checkpoint as one file. */
export function tinyCheckpoint(
  changes: Readonly<Record<string, TensorContent>> = {},
  config: Readonly<Record<string, unknown>> = {},
): string {
  return folderWith({
    'config.json': { ...TINY_CONFIG, ...config },
    'model.safetensors': safetensors({ ...tinyTensors(Number(config.num_hidden_layers ?? 2)), ...changes }),
  });
}

/** The tiny checkpoint in several files with an index. */
export function shardedCheckpoint(shards = 3): string {
  return folderWith({ 'config.json': TINY_CONFIG, ...sharded(tinyTensors(), shards) });
}

/** A checkpoint of one file again, in several files with an index. */
export function shardedCopy(folder: string, shards: number): string {
  return folderWith({
    'config.json': readFileSync(join(folder, 'config.json')),
    ...sharded(tensorsOf(folder), shards),
  });
}

/** A checkpoint of one file again, with other tensors (null: without one) and members of config.json. */
export function changedCopy(
  folder: string,
  changes: Readonly<Record<string, TensorContent | null>>,
  config: Readonly<Record<string, unknown>> = {},
): string {
  const raw = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  const tensors = Object.entries({ ...tensorsOf(folder), ...changes }).filter(
    ([, tensor]) => tensor !== null,
  );
  return folderWith({
    'config.json': { ...raw, ...config },
    'model.safetensors': safetensors(Object.fromEntries(tensors) as Record<string, TensorContent>),
  });
}

/** Every tensor of a checkpoint of one file. */
export function tensorsOf(folder: string): Record<string, TensorContent> {
  const file = readFileSync(join(folder, 'model.safetensors'));
  const start = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, start)) as Record<string, StoredTensor>;
  const tensors: Record<string, TensorContent> = {};
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    tensors[name] = {
      dtype,
      shape,
      data: Uint8Array.from(file.subarray(start + offsets[0], start + offsets[1])),
    };
  }
  return tensors;
}

interface StoredTensor {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

function sharded(tensors: Readonly<Record<string, TensorContent>>, shards: number): Record<string, unknown> {
  const entries = Object.entries(tensors);
  const files: Record<string, unknown> = {};
  const map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-${String(shard + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
    const own = entries.filter((_, i) => i % shards === shard);
    for (const [tensor] of own) map[tensor] = name;
    files[name] = safetensors(Object.fromEntries(own));
  }
  return { ...files, 'model.safetensors.index.json': { metadata: {}, weight_map: map } };
}
