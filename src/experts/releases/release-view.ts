import type { TensorEntry } from '../blocks/tensor-directory.js';
import type { ModelConfig } from '../model-config.js';

/** A weight block as inference needs it. */
export interface WeightView {
  readonly name: string;
  readonly type: 'dense' | 'router' | 'expert';
  readonly layer: number | null;
  /** Hash of the block. */
  readonly block: string;
  readonly payloadHash: string;
  /** Bytes. */
  readonly payloadSize: number;
  /** The payload's file. */
  readonly path: string;
  readonly tensors: readonly TensorEntry[];
  /** Whether the block came from another one: then its payload may lie as a delta while nobody uses it. */
  readonly derived?: boolean;
}

/** A release with everything it names, looked up and found to fit together. */
export interface ReleaseView {
  /** Hash of the release block. */
  readonly release: string;
  readonly model: string;
  readonly version: string;
  /** How it was imported: `q8`, `f16`, `f32`; null where the block does not say. */
  readonly dtype: string | null;
  /** Hash of the meta block. */
  readonly meta: string;
  /** Hash of the tokenizer block; null for a model that takes and gives token ids only. */
  readonly tokenizer: string | null;
  readonly parent: string | null;
  readonly timestamp: number;
  readonly config: ModelConfig;
  /** By name, in the order of the architecture. */
  readonly weights: ReadonlyMap<string, WeightView>;
}

/** What the engine loads: the same shape as its own `EngineModel`. */
export interface EngineModelView {
  readonly release: string;
  readonly config: ModelConfig;
  readonly blocks: {
    name: string;
    block: string;
    payloadHash: string;
    payloadSize: number;
    path: string;
    tensors: { name: string; offset: number; length: number }[];
  }[];
}

/** A release in the engine's words. */
export function toEngineModel(view: Pick<ReleaseView, 'release' | 'config' | 'weights'>): EngineModelView {
  const blocks = [...view.weights.values()].map(
    ({ name, block, payloadHash, payloadSize, path, tensors }) => ({
      name,
      block,
      payloadHash,
      payloadSize,
      path,
      tensors: tensors.map((tensor) => ({ name: tensor.name, offset: tensor.offset, length: tensor.length })),
    }),
  );
  return { release: view.release, config: view.config, blocks };
}
