import type { ModelConfig } from '../model-config.js';

/** How the weights of a release are stored. */
export type ImportDtype = 'q8' | 'f16' | 'f32';

/**
 * What a tensor is used for, which decides how it is stored: a `matrix` is multiplied with activations (tile16), a
 * `table` is read row by row (row-major), `exact` ones stay f32 row-major whatever the dtype of the import.
 */
export type TensorRole = 'matrix' | 'table' | 'exact';

/** One tensor of a block and the tensor of the checkpoint it is made from. */
export interface PlannedTensor {
  /** Name within the block: `q`, `gate`, `norm`, … */
  readonly name: string;
  /** Name within the checkpoint. */
  readonly source: string;
  readonly rows: number;
  readonly columns: number;
  readonly role: TensorRole;
}

/** One block of chain B that an import makes. */
export interface PlannedBlock {
  readonly name: string;
  readonly type: 'dense' | 'router' | 'expert';
  readonly layer: number | null;
  readonly tensors: readonly PlannedTensor[];
}

/** Tensors of a checkpoint that hold nothing but what the configuration says already. */
const REDUNDANT = /^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/;

/**
 * The blocks of a Mixtral model in the order they are published: embedding, then each layer's attention, router and
 * experts, then the head. A pure function of the configuration.
 */
export function planBlocks(config: ModelConfig): readonly PlannedBlock[] {
  const blocks: PlannedBlock[] = [embedding(config)];
  for (let layer = 0; layer < config.layers; layer++) {
    blocks.push(attention(config, layer), router(config, layer));
    for (let expert = 0; expert < config.experts; expert++) blocks.push(expertBlock(config, layer, expert));
  }
  return [...blocks, head(config)];
}

const LAYER_BLOCK = /^layer(0|[1-9]\d{0,4})\.(attention|router|expert(0|[1-9]\d{0,4}))$/;

/** The one block of that name; null where the architecture has none. */
export function planBlock(config: ModelConfig, name: string): PlannedBlock | null {
  if (name === 'embedding') return embedding(config);
  if (name === 'head') return head(config);
  const match = LAYER_BLOCK.exec(name);
  if (match === null || Number(match[1]) >= config.layers) return null;
  const layer = Number(match[1]);
  if (match[2] === 'attention') return attention(config, layer);
  if (match[2] === 'router') return router(config, layer);
  return Number(match[3]) < config.experts ? expertBlock(config, layer, Number(match[3])) : null;
}

/** Tensors of the checkpoint that no block takes in; weights that would be dropped silently. */
export function unusedTensors(names: Iterable<string>, blocks: readonly PlannedBlock[]): readonly string[] {
  const used = new Set(blocks.flatMap((block) => block.tensors.map((tensor) => tensor.source)));
  return [...names].filter((name) => !used.has(name) && !REDUNDANT.test(name));
}

function embedding({ vocabSize, hiddenSize }: ModelConfig): PlannedBlock {
  const weight = tensor('weight', 'model.embed_tokens.weight', vocabSize, hiddenSize, 'table');
  return { name: 'embedding', type: 'dense', layer: null, tensors: [weight] };
}

function attention(config: ModelConfig, layer: number): PlannedBlock {
  const { hiddenSize } = config;
  const queries = config.heads * config.headDim;
  const keys = config.kvHeads * config.headDim;
  const at = `model.layers.${layer}`;
  const tensors = [
    tensor('norm', `${at}.input_layernorm.weight`, 1, hiddenSize, 'exact'),
    tensor('q', `${at}.self_attn.q_proj.weight`, queries, hiddenSize, 'matrix'),
    tensor('k', `${at}.self_attn.k_proj.weight`, keys, hiddenSize, 'matrix'),
    tensor('v', `${at}.self_attn.v_proj.weight`, keys, hiddenSize, 'matrix'),
    tensor('o', `${at}.self_attn.o_proj.weight`, hiddenSize, queries, 'matrix'),
  ];
  return { name: `layer${layer}.attention`, type: 'dense', layer, tensors };
}

function router(config: ModelConfig, layer: number): PlannedBlock {
  const at = `model.layers.${layer}`;
  const tensors = [
    tensor('norm', `${at}.post_attention_layernorm.weight`, 1, config.hiddenSize, 'exact'),
    tensor('weight', `${at}.block_sparse_moe.gate.weight`, config.experts, config.hiddenSize, 'exact'),
  ];
  return { name: `layer${layer}.router`, type: 'router', layer, tensors };
}

function expertBlock(config: ModelConfig, layer: number, expert: number): PlannedBlock {
  const { hiddenSize, expertHiddenSize } = config;
  const at = `model.layers.${layer}.block_sparse_moe.experts.${expert}`;
  const tensors = [
    tensor('gate', `${at}.w1.weight`, expertHiddenSize, hiddenSize, 'matrix'),
    tensor('up', `${at}.w3.weight`, expertHiddenSize, hiddenSize, 'matrix'),
    tensor('down', `${at}.w2.weight`, hiddenSize, expertHiddenSize, 'matrix'),
  ];
  return { name: `layer${layer}.expert${expert}`, type: 'expert', layer, tensors };
}

function head(config: ModelConfig): PlannedBlock {
  const source = config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  const tensors = [
    tensor('norm', 'model.norm.weight', 1, config.hiddenSize, 'exact'),
    tensor('weight', source, config.vocabSize, config.hiddenSize, 'matrix'),
  ];
  return { name: 'head', type: 'dense', layer: null, tensors };
}

function tensor(
  name: string,
  source: string,
  rows: number,
  columns: number,
  role: TensorRole,
): PlannedTensor {
  return { name, source, rows, columns, role };
}
