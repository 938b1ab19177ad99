import { CodedError, unwrap } from '../../common/index.js';
import { FLOAT_BYTES, firstBeyondHalf } from '../checkpoint/float-formats.js';
import type { SourceTensor, TensorSource } from '../checkpoint/tensor-source.js';
import { TensorBlockEncoder, type TensorSpec } from '../tensorblock/index.js';
import type { TensorEntry } from '../blocks/tensor-directory.js';
import type { ImportDtype, PlannedBlock, PlannedTensor } from '../blocks/tensor-plan.js';

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
    private readonly block: PlannedBlock,
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

  private async *tensor(planned: PlannedTensor): AsyncGenerator<Uint8Array> {
    const { name, rows, columns } = planned;
    const tensor = unwrap(this.source.find(planned.source, rows, columns));
    const spec = await this.chooseSpec(tensor, planned);
    const encoder = unwrap(TensorBlockEncoder.create(spec));
    const { length } = encoder.plan;
    this.tensors.push({ name, offset: this.emitted + this.filled, length, rows, columns, dtype: spec.dtype });
    yield* this.append(encoder.header());
    for (const pass of encoder.passes) {
      for await (const { values } of bands(this.source, tensor, this.buffers)) {
        const step = encoder.rowsPerChunk * columns;
        for (let at = 0; at < values.length; at += step) {
          const rowsOfTile = values.subarray(at, at + step);
          yield* this.append(encoder.encode(pass, rowsOfTile, rowsOfTile.length / columns));
        }
        if (pass === 'values') this.onBytes(values.length * FLOAT_BYTES[tensor.dtype]);
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
    { rows, columns, role }: PlannedTensor,
  ): Promise<TensorSpec> {
    const layout = role === 'matrix' ? 'tile16' : 'rowMajor';
    if (role === 'exact' || this.dtype === 'f32') return { dtype: 'f32', layout, rows, columns };
    if (this.dtype === 'q8' && role === 'matrix') return { dtype: 'int8', layout, rows, columns };
    const beyond = await this.firstBeyondHalf(tensor);
    if (beyond === -1) return { dtype: 'f16', layout, rows, columns };
    if (this.dtype === 'q8') return { dtype: 'int8', layout, rows, columns };
    throw notExact(tensor, beyond);
  }

  /** The position of a value that f16 cannot hold, or -1. For 8 bit a 32-bit table counts as beyond unseen. */
  private async firstBeyondHalf(tensor: SourceTensor): Promise<number> {
    if (tensor.dtype === 'F16') return -1;
    if (this.dtype === 'q8' && tensor.dtype === 'F32') return 0;
    for await (const { values, firstRow } of bands(this.source, tensor, this.buffers)) {
      const index = firstBeyondHalf(values);
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
async function* bands(
  source: TensorSource,
  tensor: SourceTensor,
  buffers: EncodingBuffers,
): AsyncGenerator<Band> {
  const { rows, columns } = tensor;
  const rowsPerBand = Math.max(1, Math.floor(BAND_ELEMENTS / columns / TILE_ROWS)) * TILE_ROWS;
  const buffer = buffers.band(Math.min(rowsPerBand, rows) * columns);
  for (let firstRow = 0; firstRow < rows; firstRow += rowsPerBand) {
    const count = Math.min(rowsPerBand, rows - firstRow);
    unwrap(await source.readRows(tensor, firstRow, count, buffer));
    yield { values: buffer.subarray(0, count * columns), firstRow };
  }
}

function notExact(tensor: SourceTensor, position: number): CodedError {
  const row = Math.floor(position / tensor.columns);
  const column = position % tensor.columns;
  const message = `tensor ${tensor.name} (${tensor.dtype}) cannot be kept exactly in f16: row ${row}, column ${column}; import with f32 or q8`;
  return new CodedError('IMPORT_NOT_EXACT', message, { tensor: tensor.name, row, column });
}
