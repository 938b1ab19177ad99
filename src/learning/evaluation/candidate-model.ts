import { hashJson } from '../../common/index.js';
import type { ModelConfig, TensorEntry } from '../../experts/index.js';
import type { ServedModel } from '../../inference/index.js';

type EngineModel = ServedModel['engine'];

/** A block of weights that may take the place of another. */
export interface CandidateBlock {
  readonly name: string;
  /** Hash of the block. */
  readonly hash: string;
  readonly payloadHash: string;
  /** Bytes. */
  readonly payloadSize: number;
  /** The payload's file. */
  readonly path: string;
  readonly tensors: readonly TensorEntry[];
}

/** What a candidate with new experts has besides its blocks. */
export interface CandidateGrowth {
  readonly config: ModelConfig;
  /** Names of the experts that the release has not. */
  readonly added: readonly string[];
}

/**
 * A release with some blocks exchanged, and new ones, as the engine can load it beside the release itself. Its name is a hash over what it is made
 * of, so that the same candidate is loaded once and never taken for a release.
 */
export function candidateModel(
  base: ServedModel,
  blocks: readonly CandidateBlock[],
  growth: CandidateGrowth = { config: base.engine.config, added: [] },
): ServedModel {
  const exchanged = new Map(blocks.map((block) => [block.name, weightBlock(block)]));
  const added = growth.added.flatMap((name) => exchanged.get(name) ?? []);
  const release = hashJson({ candidate: base.release, blocks: blocks.map(({ hash }) => hash).sort() });
  const engine = {
    ...base.engine,
    release,
    config: growth.config,
    blocks: [...base.engine.blocks.map((block) => exchanged.get(block.name) ?? block), ...added],
  };
  return { ...base, release, engine };
}

/** As the engine names a block. */
function weightBlock({ tensors, hash, ...block }: CandidateBlock): EngineModel['blocks'][number] {
  const { name, payloadHash, payloadSize, path } = block;
  const places = tensors.map((tensor) => ({
    ...{ name: tensor.name, offset: tensor.offset, length: tensor.length },
  }));
  return { name, block: hash, payloadHash, payloadSize, path, tensors: places };
}
