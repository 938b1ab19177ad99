import { hashJson } from '../../common/index.js';
import type { TensorEntry } from '../../experts/index.js';
import type { ServedModel } from '../../inference/index.js';

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

/**
 * A release with some blocks exchanged, as the engine can load it beside the release itself. Its name is a hash over what it is made
 * of, so that the same candidate is loaded once and never taken for a release.
 */
export function candidateModel(base: ServedModel, blocks: readonly CandidateBlock[]): ServedModel {
  const exchanged = new Map(blocks.map((block) => [block.name, block]));
  const release = hashJson({ candidate: base.release, blocks: blocks.map(({ hash }) => hash).sort() });
  const engine = {
    ...base.engine,
    release,
    blocks: base.engine.blocks.map((block) => {
      const other = exchanged.get(block.name);
      if (other === undefined) return block;
      const { name, hash, payloadHash, payloadSize, path } = other;
      const tensors = other.tensors.map((tensor) => ({
        ...{ name: tensor.name, offset: tensor.offset, length: tensor.length },
      }));
      return { name, block: hash, payloadHash, payloadSize, path, tensors };
    }),
  };
  return { ...base, release, engine };
}
