import { err, ok, type Result } from '../../common/index.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import { blockCorrupt, type BlockFailureHandler, type BlockSource } from '../kernel/block-source.js';
import type { WeightBlock } from '../kernel/index.js';
import { placeTensors, type TensorExpectation } from '../kernel/tensors.js';
import type { Tensor, Tf } from './tensor-library.js';
import { transposed } from './transposed-tensor.js';

/**
 * The tensors of one block on the backend, as float32: matrices as [inputs, outputs] (what a row of activations is multiplied
 * with), tables as [rows, columns], vectors as [columns].
 */
export class BlockTensors {
  private constructor(
    private readonly tensors: ReadonlyMap<string, Tensor>,
    /** Bytes on the backend. */
    readonly bytes: number,
  ) {}

  /** Reads a block, verifies it and decodes it. Refuses `BLOCK_MISSING`, `BLOCK_CORRUPT`, and tells `failed` of it. */
  static read(
    tf: Tf,
    source: BlockSource,
    block: WeightBlock,
    expected: readonly TensorExpectation[],
    failed: BlockFailureHandler,
  ): Result<BlockTensors> {
    const payload = new Uint8Array(block.payloadSize);
    const read = source.read(block, payload);
    const sound = read.ok ? placeTensors(block, payload, 0, expected) : read;
    if (!sound.ok) {
      failed(block, sound.error);
      return sound;
    }
    const tensors = new Map<string, Tensor>();
    for (const expectation of expected) {
      const { offset, length } = block.tensors.find(({ name }) => name === expectation.name)!;
      const part = payload.subarray(offset, offset + length);
      const decoded = TensorBlock.decode(part);
      if (!decoded.ok) return err(blockCorrupt(block, decoded.error.message));
      tensors.set(expectation.name, tf.keep(upload(tf, decoded.value, part, expectation)));
    }
    return ok(new BlockTensors(tensors, bytesOf(expected)));
  }

  /** A tensor that was expected. Throws where it was not. */
  get<T extends Tensor>(name: string): T {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new Error(`nobody expected a tensor ${name}`);
    return tensor as T;
  }

  /** A tensor that not every model has. */
  optional<T extends Tensor>(name: string): T | null {
    return (this.tensors.get(name) as T | undefined) ?? null;
  }

  /** Frees the backend's memory. */
  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
  }
}

/** Bytes of tensors on the backend. */
export function bytesOf(tensors: readonly TensorExpectation[]): number {
  return tensors.reduce((sum, { rows, columns }) => sum + rows * columns * 4, 0);
}

function upload(
  tf: Tf,
  block: TensorBlock,
  bytes: Uint8Array,
  { name, rows, columns, use }: TensorExpectation,
): Tensor {
  if (use === 'table') return tf.tensor2d(block.rows(0, rows), [rows, columns]);
  // the router's matrix is kept like a vector, as it is never quantised
  if (use === 'vector' && name !== 'weight') return tf.tensor1d(block.rows(0, 1));
  return tf.tensor2d(transposed(block, bytes), [columns, rows]);
}
