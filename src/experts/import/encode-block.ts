import { CodedError, unwrap } from '../../common/index.js';
import { firstBeyondHalf, firstWorseInHalf } from '../checkpoint/float-formats.js';
import type { SourceTensor } from '../checkpoint/stored-tensor.js';
import type { TensorSource } from '../checkpoint/tensor-source.js';
import { exactScale, TensorBlockEncoder, type TensorSpec } from '../tensorblock/index.js';
import type { TensorEntry } from '../blocks/tensor-directory.js';
import type { ImportDtype } from '../blocks/tensor-plan.js';
import type { CheckpointBlock, CheckpointTensor } from './checkpoint-plan.js';

/** Elements widened at once: 256 KiB of f32, so that the event loop gets its turn every millisecond or two. */
const BAND_ELEMENTS = 1 << 16;
const CHUNK_BYTES = 1 << 20;
const TILE_ROWS = 16;

/** Memory that encodings use one after the other: allocating it for each of thousands of blocks costs more than encoding. */
export class EncodingBuffers {
  readonly chunk = new Uint8Array(CHUNK_BYTES);
  private values = new Float32Array(BAND_ELEMENTS);

  /** Room for a band of that many elements. */
  band(elements: number): Float32Array {
    if (this.values.length < elements) this.values = new Float32Array(elements);
    return this.values;
  }
}

/**
 * The payload of one block as a stream of chunks of at most 1 MiB: its tensors, one TensorBlock after the other, straight
 * from the checkpoint. A refusal of the checkpoint ends the stream and is found in `refusal`; `tensors` is complete when
 * the stream has ended without one. A chunk is overwritten once the next one is asked for.
 */
export class BlockEncoding implements AsyncIterable<Uint8Array> {
  readonly tensors: TensorEntry[] = [];
  refusal: CodedError | null = null;
  private filled = 0;
  private emitted = 0;

  /** @param onBytes told how many bytes of the checkpoint were encoded since the last call */
  constructor(
    private readonly source: TensorSource,
    private readonly block: CheckpointBlock,
    private readonly dtype: ImportDtype,
    private readonly buffers: EncodingBuffers,
    private readonly onBytes: (count: number) => void,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const planned of this.block.tensors) yield* this.tensor(planned);
      yield this.buffers.chunk.subarray(0, this.filled);
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown;
      this.refusal = thrown;
    }
  }

  private async *tensor(planned: CheckpointTensor): AsyncGenerator<Uint8Array> {
    const { name, rows, columns } = planned;
    const tensor = unwrap(this.source.find(planned.origin, rows, columns));
    const spec = await this.chooseSpec(tensor, planned);
    // MXFP4 values are at most 12 steps of a power of two: 8 bits hold them exactly.
    const scaleRule = tensor.dtype === 'MXFP4' ? exactScale : undefined;
    const encoder = unwrap(TensorBlockEncoder.create(spec, scaleRule));
    const { length } = encoder.plan;
    this.tensors.push({ name, offset: this.emitted + this.filled, length, rows, columns, dtype: spec.dtype });
    yield* this.append(encoder.header());
    for (const pass of encoder.passes) {
      for await (const { values } of bands(tensor, this.buffers)) {
        const step = encoder.rowsPerChunk * columns;
        for (let at = 0; at < values.length; at += step) {
          const rowsOfTile = values.subarray(at, at + step);
          yield* this.append(encoder.encode(pass, rowsOfTile, rowsOfTile.length / columns));
        }
        if (pass === 'values') this.onBytes(values.length * tensor.bytesPerElement);
      }
      yield* this.append(encoder.endOfPass(pass));
    }
  }

  /** Copies bytes, because encoders reuse theirs, and yields every chunk that becomes full. */
  private *append(bytes: Uint8Array): Generator<Uint8Array> {
    for (let offset = 0; offset < bytes.length;) {
      const piece = bytes.subarray(offset, offset + CHUNK_BYTES - this.filled);
      this.buffers.chunk.set(piece, this.filled);
      this.filled += piece.length;
      offset += piece.length;
      if (this.filled < CHUNK_BYTES) continue;
      yield this.buffers.chunk;
      this.emitted += CHUNK_BYTES;
      this.filled = 0;
    }
  }

  /** How a tensor is stored and why: docs/decisions/weight-dtypes.md. */
  private async chooseSpec(
    tensor: SourceTensor,
    { rows, columns, use }: CheckpointTensor,
  ): Promise<TensorSpec> {
    const layout = use === 'matrix' ? 'tile16' : 'rowMajor';
    if (use === 'vector' || this.dtype === 'f32') return { dtype: 'f32', layout, rows, columns };
    if (this.dtype === 'q8' || this.dtype === 'q4') {
      const half = use === 'table' && (await this.halfIsCloser(tensor));
      const fourBits = this.dtype === 'q4' && use === 'matrix' && this.block.name !== 'head';
      return { dtype: half ? 'f16' : fourBits ? 'int4' : 'int8', layout, rows, columns };
    }
    const beyond = tensor.dtype === 'F16' ? -1 : await this.firstWhere(tensor, firstBeyondHalf);
    if (beyond === -1) return { dtype: 'f16', layout, rows, columns };
    throw notExact(tensor, beyond);
  }

  /** Whether f16 holds every value of a 16-bit table at least as well as 8 bit; a 32-bit table is 8 bit unseen. */
  private async halfIsCloser(tensor: SourceTensor): Promise<boolean> {
    if (tensor.dtype === 'F16') return true;
    return tensor.dtype === 'BF16' && (await this.firstWhere(tensor, firstWorseInHalf)) === -1;
  }

  /** The position of the first value that `find` finds in a run of whole rows, or -1. */
  private async firstWhere(tensor: SourceTensor, find: (values: Float32Array) => number): Promise<number> {
    for await (const { values, firstRow } of bands(tensor, this.buffers)) {
      const index = find(values);
      if (index !== -1) return firstRow * tensor.columns + index;
    }
    return -1;
  }
}

interface Band {
  /** Whole rows, row-major; overwritten by the next band. */
  readonly values: Float32Array;
  readonly firstRow: number;
}

/** A tensor in bands of whole tiles. */
async function* bands(tensor: SourceTensor, buffers: EncodingBuffers): AsyncGenerator<Band> {
  const { rows, columns } = tensor;
  const rowsPerBand = Math.max(1, Math.floor(BAND_ELEMENTS / columns / TILE_ROWS)) * TILE_ROWS;
  const buffer = buffers.band(Math.min(rowsPerBand, rows) * columns);
  for (let firstRow = 0; firstRow < rows; firstRow += rowsPerBand) {
    const count = Math.min(rowsPerBand, rows - firstRow);
    unwrap(await tensor.readRows(firstRow, count, buffer));
    yield { values: buffer.subarray(0, count * columns), firstRow };
  }
}

function notExact(tensor: SourceTensor, position: number): CodedError {
  const row = Math.floor(position / tensor.columns);
  const column = position % tensor.columns;
  const message = `tensor ${tensor.name} (${tensor.dtype}) cannot be kept exactly in f16: row ${row}, column ${column}; import with f32 or q8`;
  return new CodedError('IMPORT_NOT_EXACT', message, { tensor: tensor.name, row, column });
}
