// Models of given shapes with random 8-bit weights, written as TensorBlock payload files.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeTensorHeader, planTensor } from '../../dist/src/experts/tensorblock/index.js';
import { describeBlocks } from '../../dist/src/inference/kernel/index.js';

const common = {
  family: 'mixtral',
  experts: 8,
  expertsPerToken: 2,
  maxPositions: 1024,
  ropeTheta: 10000,
  rmsEpsilon: 1e-5,
  tieWordEmbeddings: false,
};

/** S and M are the shapes other engines were measured with; G is the shape of the genesis model, V a small one with a large vocabulary. */
export const SHAPES = {
  G: {
    ...common,
    ...{
      hiddenSize: 192,
      layers: 6,
      expertHiddenSize: 384,
      heads: 6,
      kvHeads: 2,
      headDim: 32,
      vocabSize: 2048,
    },
  },
  S: {
    ...common,
    ...{
      hiddenSize: 256,
      layers: 6,
      expertHiddenSize: 512,
      heads: 8,
      kvHeads: 8,
      headDim: 32,
      vocabSize: 4096,
    },
  },
  V: {
    ...common,
    ...{
      hiddenSize: 512,
      layers: 8,
      expertHiddenSize: 1024,
      heads: 8,
      kvHeads: 2,
      headDim: 64,
      vocabSize: 151936,
    },
  },
  M: {
    ...common,
    ...{
      hiddenSize: 1024,
      layers: 8,
      expertHiddenSize: 2816,
      heads: 16,
      kvHeads: 4,
      headDim: 64,
      vocabSize: 32000,
    },
  },
};

let state = 0x12345678;
/** xorshift32 (Marsaglia 2003). */
function random() {
  state ^= state << 13;
  state >>>= 0;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state;
}
const pattern = Uint8Array.from({ length: 1 << 20 }, () => {
  const byte = random() >>> 24;
  return byte === 128 ? 129 : byte;
});

function fill(bytes) {
  for (let at = 0; at < bytes.length;) {
    const from = random() % (pattern.length >> 1);
    const count = Math.min(bytes.length - at, pattern.length - from);
    bytes.set(pattern.subarray(from, from + count), at);
    at += count;
  }
}

/** Published checkpoints keep 16 bits of a weight, most of them as bfloat16: so the greatest of 32, which a scale comes from, has no more. */
function toBfloat16(value) {
  const words = new Uint32Array(Float32Array.of(value).buffer);
  words[0] &= 0xffff0000;
  return new Float32Array(words.buffer)[0];
}

function tensorBytes({ rows, columns, use, name }) {
  const dtype = use === 'vector' ? 'f32' : 'int8';
  const plan = planTensor({ dtype, rows, columns, layout: use === 'matrix' ? 'tile16' : 'rowMajor' }).value;
  const bytes = new Uint8Array(plan.length);
  const floats = new Float32Array(bytes.buffer);
  const scale = Math.fround(toBfloat16(127 / Math.sqrt(columns) / 73) / 127);
  if (dtype === 'f32') {
    const spread = name === 'norm' ? 0 : 1.7 / Math.sqrt(columns);
    for (let i = 0; i < rows * columns; i++) {
      floats[plan.dataOffset / 4 + i] = name === 'norm' ? 1 : (random() / 2 ** 31 - 1) * spread;
    }
  } else {
    fill(bytes.subarray(plan.dataOffset, plan.dataOffset + plan.dataBytes));
    if (use === 'table') floats.fill(1 / 73, plan.scaleOffset / 4, plan.dataOffset / 4);
    else {
      for (let tile = plan.dataOffset; tile < plan.dataOffset + plan.dataBytes; tile += 576) {
        floats.fill(scale, tile / 4, tile / 4 + 16);
      }
    }
  }
  bytes.set(encodeTensorHeader(plan));
  return bytes;
}

/** Writes all blocks of a shape below `folder` and returns what `Engine.load` takes. */
export function writeModel(name, folder) {
  const config = SHAPES[name];
  mkdirSync(folder, { recursive: true });
  const blocks = describeBlocks(config).map((description) => {
    const parts = description.tensors.map(tensorBytes);
    let offset = 0;
    const tensors = description.tensors.map((tensor, i) => {
      const entry = { name: tensor.name, offset, length: parts[i].length };
      offset += entry.length;
      return entry;
    });
    const payload = Buffer.concat(parts);
    const hash = createHash('sha256').update(payload).digest('hex');
    const path = join(folder, hash);
    if (!existsSync(path)) writeFileSync(path, payload);
    return {
      name: description.name,
      block: hash,
      payloadHash: hash,
      payloadSize: payload.length,
      path,
      tensors,
    };
  });
  return { release: createHash('sha256').update(name).digest('hex'), config, blocks };
}

/** Multiplications per token, attention scores left out. */
export function multiplications(config) {
  const {
    hiddenSize: d,
    layers,
    heads,
    kvHeads,
    headDim,
    expertsPerToken,
    expertHiddenSize,
    vocabSize,
  } = config;
  const attention = d * headDim * (2 * heads + 2 * kvHeads);
  return layers * (attention + expertsPerToken * 3 * d * expertHiddenSize) + d * vocabSize;
}
