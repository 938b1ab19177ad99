import type { ModelConfig } from '../model-config.js';
import { leftOutNames } from '../tensorblock/left-out.js';
import {
  attentionTensors,
  describeBlocks,
  embeddingTensors,
  expertTensors,
  headTensors,
  routerTensors,
  type BlockDescription,
  type BlockTensor,
} from '../tensorblock/model-blocks.js';

/** How the weights of a release are stored. */
export type ImportDtype = 'q8' | 'q4' | 'f16' | 'f32';

/** One block of chain B that an import makes. */
export interface PlannedBlock {
  readonly name: string;
  readonly type: 'dense' | 'router' | 'expert';
  readonly layer: number | null;
  readonly tensors: readonly BlockTensor[];
}

const LAYER_BLOCK = /^layer(0|[1-9]\d{0,4})\.(attention|router|expert(0|[1-9]\d{0,4}))$/;

/**
 * The blocks of a model in the order they are published: embedding, then each layer's attention, router and experts, then
 * the head. A pure function of the configuration.
 */
export function planBlocks(config: ModelConfig): readonly PlannedBlock[] {
  return describeBlocks(config).map(planned);
}

/** The one block of that name; null where the architecture has none. */
export function planBlock(config: ModelConfig, name: string): PlannedBlock | null {
  if (name === 'embedding') return planned({ name, tensors: embeddingTensors(config) });
  if (name === 'head') return planned({ name, tensors: headTensors(config) });
  const match = LAYER_BLOCK.exec(name);
  if (match === null || Number(match[1]) >= config.layers) return null;
  if (match[2] === 'attention') return planned({ name, tensors: attentionTensors(config) });
  if (match[2] === 'router') return planned({ name, tensors: routerTensors(config) });
  const isThere = Number(match[3]) < config.experts && !leftOutNames(config).includes(name);
  return isThere ? planned({ name, tensors: expertTensors(config) }) : null;
}

function planned({ name, tensors }: BlockDescription): PlannedBlock {
  const match = LAYER_BLOCK.exec(name);
  if (match === null) return { name, type: 'dense', layer: null, tensors };
  const [, layer, part] = match;
  const type = part === 'router' ? part : part === 'attention' ? 'dense' : 'expert';
  return { name, type, layer: Number(layer), tensors };
}
