import type { ModelConfig } from '../model-config.js';
import {
  attentionTensors,
  embeddingTensors,
  expertTensors,
  headTensors,
  routerTensors,
  type BlockTensor,
} from '../tensorblock/model-blocks.js';
import type { GgufFamily, RowOrder } from './families/family.js';

/** A tensor of the file and the tensors of our blocks it is made of. */
export interface GgufTensorPlan {
  readonly name: string;
  /** Elements per dimension, the contiguous one first: columns, rows and, for experts, how many of them. */
  readonly dimensions: readonly number[];
  /** One after the other; each holds an equal share of the rows. */
  readonly sources: readonly GgufSource[];
  /** Rows that are reordered among themselves, for a rotation of another convention; undefined: none. */
  readonly rowOrder?: RowOrder;
}

/** A tensor in one of our blocks. */
export interface GgufSource {
  readonly block: string;
  readonly tensor: string;
}

/**
 * Every tensor of the file: each tensor that the model's blocks hold, by the family's name for it, those of a layer's experts
 * stacked. Nothing a block holds is left out: a tensor without a name is a mistake in the family's file, and throws.
 */
export function planGgufTensors(config: ModelConfig, family: GgufFamily): readonly GgufTensorPlan[] {
  const dense = (block: string, tensors: BlockTensor[]) =>
    tensors.map((tensor) => describe(config, family, `${block}.${tensor.name}`, tensor, [block]));
  const layers = Array.from({ length: config.layers }, (_, layer) => layerTensors(config, family, layer));
  return [
    ...dense('embedding', embeddingTensors(config)),
    ...dense('head', headTensors(config)),
    ...layers.flat(),
  ];
}

function layerTensors(config: ModelConfig, family: GgufFamily, layer: number): GgufTensorPlan[] {
  const all = (kind: string, tensors: BlockTensor[], blocks: readonly string[]) =>
    tensors.map((tensor) => {
      const plan = describe(config, family, `${kind}.${tensor.name}`, tensor, blocks);
      return { ...plan, name: `blk.${layer}.${plan.name}` };
    });
  const experts = Array.from({ length: config.experts }, (_, expert) => `layer${layer}.expert${expert}`);
  return [
    ...all('attention', attentionTensors(config), [`layer${layer}.attention`]),
    ...all('router', routerTensors(config), [`layer${layer}.router`]),
    ...all('expert', expertTensors(config), experts),
  ];
}

function describe(
  config: ModelConfig,
  { architecture, names, rowOrders }: GgufFamily,
  key: string,
  { name: tensor, rows, columns }: BlockTensor,
  blocks: readonly string[],
): GgufTensorPlan {
  if (!Object.hasOwn(names, key)) throw new Error(`${architecture} has no name for ${key}`);
  const stacked = key.startsWith('expert.') ? [blocks.length] : [];
  const rowOrder = rowOrders?.[key]?.(config);
  return {
    name: names[key],
    dimensions: [columns, ...(rows === 1 ? [] : [rows]), ...stacked],
    sources: blocks.map((block) => ({ block, tensor })),
    ...(rowOrder && { rowOrder }),
  };
}
