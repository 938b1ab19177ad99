import type { ModelConfig } from './config.js';
import type { TensorExpectation } from './tensors.js';

/** Tensors of the block `embedding`. */
export function embeddingTensors({ vocabSize, hiddenSize }: ModelConfig): TensorExpectation[] {
  return [{ name: 'weight', rows: vocabSize, columns: hiddenSize, use: 'table' }];
}

/** Tensors of a block `layer<l>.attention`. */
export function attentionTensors(config: ModelConfig): TensorExpectation[] {
  const { hiddenSize, heads, kvHeads, headDim } = config;
  return [
    { name: 'norm', rows: 1, columns: hiddenSize, use: 'vector' },
    { name: 'q', rows: heads * headDim, columns: hiddenSize, use: 'matrix' },
    { name: 'k', rows: kvHeads * headDim, columns: hiddenSize, use: 'matrix' },
    { name: 'v', rows: kvHeads * headDim, columns: hiddenSize, use: 'matrix' },
    { name: 'o', rows: hiddenSize, columns: heads * headDim, use: 'matrix' },
  ];
}

/** Tensors of a block `layer<l>.router`: the norm after attention and the router, never quantised. */
export function routerTensors({ hiddenSize, experts }: ModelConfig): TensorExpectation[] {
  return [
    { name: 'norm', rows: 1, columns: hiddenSize, use: 'vector' },
    { name: 'weight', rows: experts, columns: hiddenSize, use: 'vector' },
  ];
}

/** Tensors of a block `layer<l>.expert<e>`: down(silu(gate x) * up x). */
export function expertTensors({ hiddenSize, expertHiddenSize }: ModelConfig): TensorExpectation[] {
  return [
    { name: 'gate', rows: expertHiddenSize, columns: hiddenSize, use: 'matrix' },
    { name: 'up', rows: expertHiddenSize, columns: hiddenSize, use: 'matrix' },
    { name: 'down', rows: hiddenSize, columns: expertHiddenSize, use: 'matrix' },
  ];
}

/** Tensors of the block `head`; a model with tied embeddings has its own copy of them here, in the layout of a matrix. */
export function headTensors({ hiddenSize, vocabSize }: ModelConfig): TensorExpectation[] {
  return [
    { name: 'norm', rows: 1, columns: hiddenSize, use: 'vector' },
    { name: 'weight', rows: vocabSize, columns: hiddenSize, use: 'matrix' },
  ];
}

/** A block by its name and what it must hold. */
export interface BlockDescription {
  readonly name: string;
  readonly tensors: readonly TensorExpectation[];
}

/** Every block of weights that a release of this model names. */
export function describeBlocks(config: ModelConfig): BlockDescription[] {
  const blocks: BlockDescription[] = [{ name: 'embedding', tensors: embeddingTensors(config) }];
  for (let layer = 0; layer < config.layers; layer++) {
    blocks.push({ name: `layer${layer}.attention`, tensors: attentionTensors(config) });
    blocks.push({ name: `layer${layer}.router`, tensors: routerTensors(config) });
    for (let expert = 0; expert < config.experts; expert++) {
      blocks.push({ name: `layer${layer}.expert${expert}`, tensors: expertTensors(config) });
    }
  }
  blocks.push({ name: 'head', tensors: headTensors(config) });
  return blocks;
}
