import { CodedError, type Result } from '../../common/index.js';
import type { Vocabulary } from '../constraints/index.js';
import { type ModelConfig } from './config.js';

/** Where a tensor lies within a payload, in bytes. */
export interface TensorEntry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** One block of weights of a release. */
export interface WeightBlock {
  /** `embedding`, `layer0.attention`, `layer0.router`, `layer0.expert3`, `head`. */
  readonly name: string;
  /** Hash of the block. */
  readonly block: string;
  readonly payloadHash: string;
  readonly payloadSize: number;
  /** File of the payload; unused where the source has other means. */
  readonly path: string;
  readonly tensors: readonly TensorEntry[];
}

/** The same for two blocks whose payloads are the same bytes and hold the same tensors. */
export function payloadKey({ payloadHash, payloadSize, tensors }: WeightBlock): string {
  const places = tensors.map(({ name, offset, length }) => `${name}@${offset}+${length}`).sort();
  return [payloadHash, payloadSize, ...places].join(' ');
}

/** A release as the engine loads it. */
export interface EngineModel {
  /** Hash of the release block. */
  readonly release: string;
  readonly config: ModelConfig;
  readonly blocks: readonly WeightBlock[];
  /** Its tokens as text, for constrained answers; absent where the model has none. */
  readonly vocabulary?: Vocabulary;
}

/** Reads payloads. The only way by which weights come into the kernel's memory. */
export interface BlockSource {
  /**
   * Fills `target` (exactly `payloadSize` bytes, may be shared memory) with the payload and verifies its hash. Refuses with
   * `BLOCK_MISSING` or `BLOCK_CORRUPT`; the target's content is then undefined.
   */
  read(block: WeightBlock, target: Uint8Array): Result<void>;
}

/** Told of blocks that turned out to be missing or corrupt. */
export type BlockFailureHandler = (block: WeightBlock, error: CodedError) => void;

/** A block that is not where it should be. */
export function blockMissing(block: WeightBlock, detail: string): CodedError {
  const message = `block ${block.name} cannot be read: ${detail}`;
  return new CodedError('BLOCK_MISSING', message, { name: block.name, block: block.block, detail }, 503);
}

/** A block whose bytes are not what its hash or its header says. */
export function blockCorrupt(block: WeightBlock, detail: string): CodedError {
  const message = `block ${block.name} is corrupt: ${detail}`;
  return new CodedError('BLOCK_CORRUPT', message, { name: block.name, block: block.block, detail }, 503);
}
