import { leftOutOf } from './left-out.js';
import type { ModelConfig } from './model-limits.js';

/** One tensor that a block of weights holds. */
export interface BlockTensor {
  /** Name within the block: `q`, `gate`, `norm`, … */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /**
   * What it is used for, which decides how it is stored: a `matrix` is multiplied with activations (tile16 of any dtype),
   * a `table` is read row by row (row-major of any dtype), a `vector` stays row-major f32 whatever the dtype of the import.
   */
  readonly use: 'matrix' | 'table' | 'vector';
}

/** A block by its name and what it must hold. */
export interface BlockDescription {
  readonly name: string;
  readonly tensors: readonly BlockTensor[];
}

/** Tensors of the block `embedding`. */
export function embeddingTensors({ vocabSize, hiddenSize }: ModelConfig): BlockTensor[] {
  return [{ name: 'weight', rows: vocabSize, columns: hiddenSize, use: 'table' }];
}

/** Tensors of a block `layer<l>.attention`. */
export function attentionTensors(config: ModelConfig): BlockTensor[] {
  const { hiddenSize, heads, headDim, architecture } = config;
  const [queries, keys] = [heads * headDim, config.kvHeads * headDim];
  const tensors = [
    vector('norm', hiddenSize),
    matrix('q', queries, hiddenSize),
    matrix('k', keys, hiddenSize),
    matrix('v', keys, hiddenSize),
    matrix('o', hiddenSize, queries),
  ];
  if (architecture?.attentionBias) {
    tensors.push(vector('q_bias', queries), vector('k_bias', keys));
    tensors.push(vector('v_bias', keys), vector('o_bias', hiddenSize));
  }
  if (architecture?.queryKeyNorm === 'head')
    tensors.push(vector('q_norm', headDim), vector('k_norm', headDim));
  if (architecture?.queryKeyNorm === 'width') tensors.push(vector('q_norm', queries), vector('k_norm', keys));
  if (architecture?.attentionSinks) tensors.push(vector('sinks', heads));
  return tensors;
}

/** Tensors of a block `layer<l>.router`: the norm after attention and the router, never quantised. */
export function routerTensors({ hiddenSize, experts, architecture }: ModelConfig): BlockTensor[] {
  const weight: BlockTensor = { name: 'weight', rows: experts, columns: hiddenSize, use: 'vector' };
  const bias = architecture?.routerBias ? [vector('bias', experts)] : [];
  return [vector('norm', hiddenSize), weight, ...bias];
}

/** Tensors of a block `layer<l>.expert<e>`: down(activation(gate x, up x)). */
export function expertTensors({ hiddenSize, expertHiddenSize, architecture }: ModelConfig): BlockTensor[] {
  const tensors = [
    matrix('gate', expertHiddenSize, hiddenSize),
    matrix('up', expertHiddenSize, hiddenSize),
    matrix('down', hiddenSize, expertHiddenSize),
  ];
  if (!architecture?.expertBias) return tensors;
  const [gate, up] = [vector('gate_bias', expertHiddenSize), vector('up_bias', expertHiddenSize)];
  return [...tensors, gate, up, vector('down_bias', hiddenSize)];
}

/** Tensors of the block `head`; a model with tied embeddings has its own copy of them here, in the layout of a matrix. */
export function headTensors({ hiddenSize, vocabSize }: ModelConfig): BlockTensor[] {
  return [vector('norm', hiddenSize), matrix('weight', vocabSize, hiddenSize)];
}

/** Every block of weights that a release of this model names, in the order they are published. */
export function describeBlocks(config: ModelConfig): BlockDescription[] {
  const blocks: BlockDescription[] = [{ name: 'embedding', tensors: embeddingTensors(config) }];
  for (let layer = 0; layer < config.layers; layer++) {
    blocks.push({ name: `layer${layer}.attention`, tensors: attentionTensors(config) });
    blocks.push({ name: `layer${layer}.router`, tensors: routerTensors(config) });
    const leftOut = leftOutOf(config, layer);
    for (let expert = 0; expert < config.experts; expert++) {
      if (leftOut.includes(expert)) continue;
      blocks.push({ name: `layer${layer}.expert${expert}`, tensors: expertTensors(config) });
    }
  }
  blocks.push({ name: 'head', tensors: headTensors(config) });
  return blocks;
}

function vector(name: string, columns: number): BlockTensor {
  return { name, rows: 1, columns, use: 'vector' };
}

function matrix(name: string, rows: number, columns: number): BlockTensor {
  return { name, rows, columns, use: 'matrix' };
}
