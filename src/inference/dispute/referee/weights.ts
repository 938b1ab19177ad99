import { CodedError, err, ok, type Result } from '../../../common/index.js';
import { TensorBlock } from '../../../experts/tensorblock/index.js';
import type { BlockSource, EngineModel, WeightBlock } from '../../kernel/index.js';
import { readMatrix, type PlainMatrix } from './matrix.js';

/** The tensors of one block, read when they are wanted. */
export interface OpenBlock {
  /** A matrix of the block. */
  matrix(tensor: string): Result<PlainMatrix>;
  /** One row of a table or a vector as float32 (row 0); null when the block has no such tensor. */
  row(tensor: string, row?: number): Result<Float32Array | null>;
}

/** Decoded blocks that are kept, bytes of their payloads. */
const KEPT_BYTES = 256 << 20;

/**
 * Weights for plain arithmetic, out of blocks whose payloads the source verifies. Blocks stay decoded up to a budget; the
 * longest unused goes first.
 */
export class PlainWeights {
  private readonly blocks: ReadonlyMap<string, WeightBlock>;
  private readonly open = new Map<string, { readonly block: OpenBlock; readonly bytes: number }>();
  private bytes = 0;

  constructor(
    readonly model: EngineModel,
    private readonly source: BlockSource,
  ) {
    this.blocks = new Map(model.blocks.map((block) => [block.name, block]));
  }

  /** Refuses with `MODEL_BLOCK_ABSENT`, `BLOCK_MISSING`, `BLOCK_CORRUPT`. */
  block(name: string): Result<OpenBlock> {
    const known = this.open.get(name);
    if (known !== undefined) {
      this.open.delete(name);
      this.open.set(name, known);
      return ok(known.block);
    }
    const entry = this.blocks.get(name);
    if (entry === undefined) {
      const { release } = this.model;
      const message = `release ${release} names no block ${name}`;
      return err(new CodedError('MODEL_BLOCK_ABSENT', message, { name, release }));
    }
    const payload = new Uint8Array(entry.payloadSize);
    const read = this.source.read(entry, payload);
    if (!read.ok) return read;
    this.keep(name, new PayloadTensors(entry, payload), payload.length);
    return this.block(name);
  }

  private keep(name: string, block: OpenBlock, bytes: number): void {
    this.open.set(name, { block, bytes });
    this.bytes += bytes;
    for (const [other, { bytes: size }] of this.open) {
      if (this.bytes <= KEPT_BYTES || other === name) break;
      this.open.delete(other);
      this.bytes -= size;
    }
  }
}

class PayloadTensors implements OpenBlock {
  private readonly matrices = new Map<string, PlainMatrix>();
  private readonly tables = new Map<string, TensorBlock>();

  constructor(
    private readonly block: WeightBlock,
    private readonly payload: Uint8Array,
  ) {}

  matrix(tensor: string): Result<PlainMatrix> {
    const known = this.matrices.get(tensor);
    if (known !== undefined) return ok(known);
    const bytes = this.bytes(tensor);
    if (bytes === null) return err(this.absent(tensor));
    const matrix = readMatrix(bytes);
    if (matrix.ok) this.matrices.set(tensor, matrix.value);
    return matrix;
  }

  row(tensor: string, row = 0): Result<Float32Array | null> {
    let table = this.tables.get(tensor);
    if (table === undefined) {
      const bytes = this.bytes(tensor);
      if (bytes === null) return ok(null);
      const decoded = TensorBlock.decode(bytes);
      if (!decoded.ok) return decoded;
      this.tables.set(tensor, (table = decoded.value));
    }
    if (row >= table.plan.rows) return err(this.absent(`${tensor}[${row}]`));
    return ok(table.rows(row, 1));
  }

  private bytes(tensor: string): Uint8Array | null {
    const entry = this.block.tensors.find(({ name }) => name === tensor);
    return entry === undefined ? null : this.payload.subarray(entry.offset, entry.offset + entry.length);
  }

  private absent(tensor: string): CodedError {
    const facts = { name: this.block.name, tensor };
    return new CodedError('DISPUTE_WEIGHTS', `block ${this.block.name} holds no ${tensor}`, facts);
  }
}
