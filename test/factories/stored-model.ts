import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '../../src/common/index.js';
import { planBlocks } from '../../src/experts/blocks/tensor-plan.js';
import type { GgufModel } from '../../src/experts/gguf/index.js';
import type { ModelConfig } from '../../src/experts/model-config.js';
import { encodeTensorBlock, TensorBlock, type TensorDtype } from '../../src/experts/tensorblock/index.js';
import type { BlockTensor } from '../../src/experts/tensorblock/model-blocks.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A model whose blocks lie on disk, and the tensors they hold by `<block>.<tensor>`. */
export interface StoredModel {
  readonly model: GgufModel;
  readonly tensors: ReadonlyMap<string, TensorBlock>;
}

/** Writes a model of random weights, the same every time, stored as an import stores them. */
export function storedModel(config: ModelConfig, dtype: TensorDtype): StoredModel {
  const folder = temporaryFolder('gguf');
  const tensors = new Map<string, TensorBlock>();
  let seed = 1;
  const encode = (block: string, { name, rows, columns, use }: BlockTensor): Uint8Array => {
    const values = Float32Array.from({ length: rows * columns }, () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32 - 0.5;
    });
    const layout = use === 'matrix' ? 'tile16' : 'rowMajor';
    const stored = use === 'vector' ? 'f32' : use === 'table' && dtype === 'int4' ? 'int8' : dtype;
    const bytes = encodeTensorBlock({ dtype: stored, layout, rows, columns }, values);
    tensors.set(`${block}.${name}`, unwrap(TensorBlock.decode(bytes)));
    return bytes;
  };
  const blocks = planBlocks(config).map((block) => {
    const parts = block.tensors.map((tensor) => encode(block.name, tensor));
    const payload = Buffer.concat(parts);
    const path = join(folder, block.name);
    writeFileSync(path, payload);
    let offset = 0;
    const entries = block.tensors.map(({ name }, i) => {
      const entry = { name, offset };
      offset += parts[i].length;
      return entry;
    });
    const payloadHash = createHash('sha256').update(payload).digest('hex');
    return { name: block.name, path, payloadHash, tensors: entries };
  });
  return { model: { name: 'small', version: '1.2.3', config, blocks, tokenizer: null }, tensors };
}

/** Rows of a tensor, one after another, or in another order. */
export function valuesOf(block: TensorBlock, order = (row: number) => row): number[] {
  const { rows } = block.plan;
  return Array.from({ length: rows }, (_, row) => [...block.rows(order(row), 1)]).flat();
}
