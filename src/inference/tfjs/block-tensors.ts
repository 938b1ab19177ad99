import { err, ok, type Result } from '../../common/index.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import { blockCorrupt, type BlockFailureHandler, type BlockSource } from '../kernel/block-source.js';
import type { WeightBlock } from '../kernel/index.js';
import { placeTensors, type TensorExpectation } from '../kernel/tensors.js';
import type { Tensor, Tf } from './tensor-library.js';

/** Rows that are decoded together: those of one tile. */
const ROWS_AT_ONCE = 16;

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
    let bytes = 0;
    for (const expectation of expected) {
      const { offset, length } = block.tensors.find(({ name }) => name === expectation.name)!;
      const decoded = TensorBlock.decode(payload.subarray(offset, offset + length));
      if (!decoded.ok) return err(blockCorrupt(block, decoded.error.message));
      tensors.set(expectation.name, tf.keep(upload(tf, decoded.value, expectation)));
      bytes += expectation.rows * expectation.columns * 4;
    }
    return ok(new BlockTensors(tensors, bytes));
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

function upload(tf: Tf, block: TensorBlock, { rows, columns, use }: TensorExpectation): Tensor {
  if (use === 'table') return tf.tensor2d(block.rows(0, rows), [rows, columns]);
  if (rows === 1) return tf.tensor1d(block.rows(0, 1));
  return tf.tensor2d(transposed(block, rows, columns), [columns, rows]);
}

function transposed(block: TensorBlock, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - first);
    const part = block.rows(first, count);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < count; row++) out[column * rows + first + row] = part[row * columns + column];
    }
  }
  return out;
}
