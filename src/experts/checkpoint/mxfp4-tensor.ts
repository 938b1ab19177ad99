import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ExpertPart } from '../tensorblock/families/index.js';
import { MXFP4_BLOCK, MXFP4_BLOCK_BYTES, widenMxfp4 } from './mxfp4.js';
import { hasShape, notFinite, shapeRefusal, type SourceTensor, type StoredTensor } from './stored-tensor.js';
import type { Scratch } from './whole-tensor.js';

/** Where the two halves of an MXFP4 tensor lie; they may be in different files. */
export interface Mxfp4Stored {
  /** U8 [experts, outputs, columns / 32, 16]. */
  readonly blocks: StoredTensor;
  /** U8 [experts, outputs, columns / 32]. */
  readonly scales: StoredTensor;
}

/** One expert's matrix out of a tensor of MXFP4 blocks. */
export class Mxfp4Tensor implements SourceTensor {
  readonly dtype = 'MXFP4';
  readonly bytesPerElement = (MXFP4_BLOCK_BYTES + 1) / MXFP4_BLOCK;
  readonly name: string;

  private constructor(
    private readonly stored: Mxfp4Stored,
    private readonly scratch: Scratch,
    private readonly part: ExpertPart,
    readonly rows: number,
    readonly columns: number,
  ) {
    this.name = stored.blocks.record.name;
  }

  /** Refuses halves that are not bytes (`IMPORT_DTYPE`) or of other shapes. */
  static find(
    stored: Mxfp4Stored,
    scratch: Scratch,
    part: ExpertPart,
    rows: number,
    columns: number,
  ): Result<Mxfp4Tensor> {
    const scalesShape = [part.experts, part.stride * rows, columns / MXFP4_BLOCK];
    const halves = [
      [stored.blocks, [...scalesShape, MXFP4_BLOCK_BYTES]],
      [stored.scales, scalesShape],
    ] as const;
    for (const [{ record }, shape] of halves) {
      const { name, dtype } = record;
      if (dtype !== 'U8')
        return err(
          new CodedError('IMPORT_DTYPE', `tensor ${name} is stored as ${dtype}; MXFP4 is U8`, {
            tensor: name,
            dtype,
          }),
        );
      if (!hasShape(record.shape, shape)) return err(shapeRefusal(name, record.shape, shape));
    }
    return ok(new Mxfp4Tensor(stored, scratch, part, rows, columns));
  }

  async readRows(firstRow: number, count: number, into: Float32Array): Promise<Result<void>> {
    const { stride, offset, expert } = this.part;
    const perRow = this.columns / MXFP4_BLOCK;
    const first = expert * stride * this.rows + offset + stride * firstRow;
    const storedRows = stride * (count - 1) + 1;
    const room = this.scratch.room(storedRows * perRow * (MXFP4_BLOCK_BYTES + 1));
    const blocks = room.subarray(0, storedRows * perRow * MXFP4_BLOCK_BYTES);
    const scales = room.subarray(blocks.length);
    const read = await this.read(first * perRow, blocks, scales);
    if (!read.ok) return read;
    for (let row = 0; row < count; row++) {
      const from = row * stride * perRow;
      const target = into.subarray(row * this.columns, (row + 1) * this.columns);
      const rowBlocks = blocks.subarray(from * MXFP4_BLOCK_BYTES, (from + perRow) * MXFP4_BLOCK_BYTES);
      const broken = widenMxfp4(rowBlocks, scales.subarray(from, from + perRow), target);
      if (broken !== -1)
        return err(notFinite(this.stored.scales.record.name, first * perRow + from + broken, perRow));
    }
    return ok();
  }

  private async read(firstScale: number, blocks: Uint8Array, scales: Uint8Array): Promise<Result<void>> {
    const { blocks: left, scales: right } = this.stored;
    const read = await left.file.read(blocks, left.record.begin + firstScale * MXFP4_BLOCK_BYTES);
    return read.ok ? right.file.read(scales, right.record.begin + firstScale) : read;
  }
}
