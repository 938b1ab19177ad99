import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorDtype } from '../../src/experts/tensorblock/index.js';
import type { ModelConfig } from '../../src/inference/kernel/index.js';
import { buildModel, type BuiltModel } from '../../src/inference/kernel/model-builder.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { fromHalf } from '../../src/experts/tensorblock/index.js';

interface StoredTensor {
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly data_offsets: readonly [number, number];
}

/** A Hugging Face Mixtral folder (one safetensors file) as a model in memory: for tests of the kernel without a chain. */
export function loadCheckpoint(folder: string, dtype: TensorDtype): BuiltModel {
  const config = readConfig(folder);
  const file = readFileSync(join(folder, 'model.safetensors'));
  const headerLength = Number(file.readBigUInt64LE(0));
  const directory = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<string, StoredTensor>;
  const values = (name: string): Float32Array => {
    const tensor = directory[name];
    const [start, end] = tensor.data_offsets;
    return widen(tensor.dtype, file.subarray(8 + headerLength + start, 8 + headerLength + end));
  };
  return buildModel(
    config,
    (block, tensor) => ({ dtype, values: values(sourceName(block, tensor.name, directory)) }),
    nativeSha256,
  );
}

function readConfig(folder: string): ModelConfig {
  const raw = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, number> & {
    tie_word_embeddings: boolean;
  };
  return {
    family: 'mixtral',
    hiddenSize: raw['hidden_size'],
    layers: raw['num_hidden_layers'],
    experts: raw['num_local_experts'],
    expertsPerToken: raw['num_experts_per_tok'],
    expertHiddenSize: raw['intermediate_size'],
    heads: raw['num_attention_heads'],
    kvHeads: raw['num_key_value_heads'],
    headDim: raw['head_dim'] ?? raw['hidden_size'] / raw['num_attention_heads'],
    vocabSize: raw['vocab_size'],
    maxPositions: raw['max_position_embeddings'],
    ropeTheta: raw['rope_theta'],
    rmsEpsilon: raw['rms_norm_eps'],
    tieWordEmbeddings: raw.tie_word_embeddings,
  };
}

const EXPERT_NAMES: Record<string, string> = { gate: 'w1', up: 'w3', down: 'w2' };

function sourceName(block: string, tensor: string, directory: Record<string, unknown>): string {
  if (block === 'embedding') return 'model.embed_tokens.weight';
  if (block === 'head' && tensor === 'norm') return 'model.norm.weight';
  if (block === 'head') return 'lm_head.weight' in directory ? 'lm_head.weight' : 'model.embed_tokens.weight';
  const [, layer, part] = /^layer(\d+)\.(.+)$/.exec(block)!;
  const prefix = `model.layers.${layer}.`;
  if (part === 'attention') {
    return prefix + (tensor === 'norm' ? 'input_layernorm.weight' : `self_attn.${tensor}_proj.weight`);
  }
  if (part === 'router') {
    return prefix + (tensor === 'norm' ? 'post_attention_layernorm.weight' : 'block_sparse_moe.gate.weight');
  }
  return `${prefix}block_sparse_moe.experts.${part.slice('expert'.length)}.${EXPERT_NAMES[tensor]}.weight`;
}

function widen(dtype: StoredTensor['dtype'], bytes: Buffer): Float32Array {
  const copy = Uint8Array.from(bytes).buffer;
  if (dtype === 'F32') return new Float32Array(copy);
  const halves = new Uint16Array(copy);
  if (dtype === 'F16') return Float32Array.from(halves, fromHalf);
  const words = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(words.buffer);
}
