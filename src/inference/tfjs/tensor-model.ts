import { CodedError, err, ok, type Result } from '../../common/index.js';
import { leftOutOf } from '../../experts/tensorblock/left-out.js';
import { Grammars } from '../constraints/index.js';
import type { BlockFailureHandler, BlockSource } from '../kernel/block-source.js';
import { attentionTensors, embeddingTensors, headTensors, routerTensors } from '../kernel/blocks.js';
import {
  checkModelConfig,
  positionBytes,
  type EngineModel,
  type ModelConfig,
  type WeightBlock,
} from '../kernel/index.js';
import type { TensorExpectation } from '../kernel/tensors.js';
import { BlockTensors, bytesOf } from './block-tensors.js';
import type { ExpertPlace } from './expert-tensors.js';
import type { Tf } from './tensor-library.js';

/** A model whose dense weights are on the backend and whose experts are known by name. */
export interface TensorModel {
  readonly release: string;
  readonly config: ModelConfig;
  readonly embedding: BlockTensors;
  /** Per layer. */
  readonly attention: readonly BlockTensors[];
  /** Per layer. */
  readonly routers: readonly BlockTensors[];
  /** One per layer and expert: layer * experts + expert; null where the release leaves it out. */
  readonly experts: readonly (ExpertPlace | null)[];
  readonly head: BlockTensors;
  /** Bytes of keys and values of one position. */
  readonly positionBytes: number;
  /** What constrained answers obey; null where the model's tokens are not known as text. */
  readonly grammars: Grammars | null;
  /** Frees everything but the experts. */
  dispose(): void;
}

/**
 * Loads a model's dense blocks. Refuses with `MODEL_CONFIG`, `MODEL_BLOCK_ABSENT`, `BLOCK_MISSING`, `BLOCK_CORRUPT`; then
 * nothing stays in memory.
 */
export function loadTensorModel(
  tf: Tf,
  source: BlockSource,
  model: EngineModel,
  failed: BlockFailureHandler,
): Result<TensorModel> {
  const checked = checkModelConfig(model.config);
  if (!checked.ok) return checked;
  const loader = new Loader(tf, source, model, failed);
  const loaded = loader.load();
  if (!loaded.ok) loader.undo();
  return loaded;
}

/** Bytes on the backend of what is not experts; 0 where the configuration is not sound. */
export function denseBytes(config: ModelConfig): number {
  if (!checkModelConfig(config).ok) return 0;
  const layer = bytesOf(attentionTensors(config)) + bytesOf(routerTensors(config));
  return bytesOf(embeddingTensors(config)) + config.layers * layer + bytesOf(headTensors(config));
}

class Loader {
  private readonly opened: BlockTensors[] = [];
  private readonly blocks: ReadonlyMap<string, WeightBlock>;

  constructor(
    private readonly tf: Tf,
    private readonly source: BlockSource,
    private readonly model: EngineModel,
    private readonly failed: BlockFailureHandler,
  ) {
    this.blocks = new Map(model.blocks.map((block) => [block.name, block]));
  }

  load(): Result<TensorModel> {
    const { config, release, vocabulary } = this.model;
    const experts = this.places();
    if (!experts.ok) return experts;
    const embedding = this.open('embedding', embeddingTensors(config));
    if (!embedding.ok) return embedding;
    const attention = this.perLayer('attention', attentionTensors(config));
    if (!attention.ok) return attention;
    const routers = this.perLayer('router', routerTensors(config));
    if (!routers.ok) return routers;
    const head = this.open('head', headTensors(config));
    if (!head.ok) return head;
    return ok({
      release,
      config,
      embedding: embedding.value,
      attention: attention.value,
      routers: routers.value,
      experts: experts.value,
      head: head.value,
      positionBytes: positionBytes(config),
      grammars: vocabulary === undefined ? null : new Grammars(vocabulary),
      dispose: () => this.undo(),
    });
  }

  undo(): void {
    for (const block of this.opened.splice(0)) block.dispose();
  }

  private places(): Result<(ExpertPlace | null)[]> {
    const { config } = this.model;
    const places: (ExpertPlace | null)[] = [];
    for (let layer = 0; layer < config.layers; layer++) {
      const leftOut = leftOutOf(config, layer);
      for (let expert = 0; expert < config.experts; expert++) {
        if (leftOut.includes(expert)) {
          places.push(null);
          continue;
        }
        const block = this.block(`layer${layer}.expert${expert}`);
        if (!block.ok) return block;
        places.push({ block: block.value, config, tokens: 0, loads: 0, loadMs: 0, tensors: null });
      }
    }
    return ok(places);
  }

  private perLayer(part: string, expected: readonly TensorExpectation[]): Result<BlockTensors[]> {
    const blocks: BlockTensors[] = [];
    for (let layer = 0; layer < this.model.config.layers; layer++) {
      const block = this.open(`layer${layer}.${part}`, expected);
      if (!block.ok) return block;
      blocks.push(block.value);
    }
    return ok(blocks);
  }

  private open(name: string, expected: readonly TensorExpectation[]): Result<BlockTensors> {
    const block = this.block(name);
    if (!block.ok) return block;
    const opened = BlockTensors.read(this.tf, this.source, block.value, expected, this.failed);
    if (opened.ok) this.opened.push(opened.value);
    return opened;
  }

  private block(name: string): Result<WeightBlock> {
    const block = this.blocks.get(name);
    if (block) return ok(block);
    const { release } = this.model;
    const message = `release ${release} names no block ${name}`;
    return err(new CodedError('MODEL_BLOCK_ABSENT', message, { name, release }));
  }
}
