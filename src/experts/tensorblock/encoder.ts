import { unwrap, type Result } from '../../common/index.js';
import {
  planTensor,
  roundUp,
  SCALE_COLUMNS,
  SECTION_ALIGNMENT,
  TILE_ROWS,
  type TensorPlan,
  type TensorSpec,
} from './format.js';
import { toHalf } from './half.js';
import { encodeTensorHeader } from './header.js';
import { quantizeInt4Tile16 } from './quantize-int4.js';
import {
  greatestScale,
  quantizeRowIntegers,
  quantizeRowScales,
  quantizeTile16,
  type ScaleRule,
} from './quantize.js';

/** One run over all rows of a tensor: row-major int8 needs its scales first and its integers afterwards. */
export type EncoderPass = 'scales' | 'values';

/**
 * Writes a TensorBlock from beginning to end without ever holding it whole: `header()`, then for each of `passes` all rows
 * from the first to the last in chunks of at most `rowsPerChunk` (tile16: exactly 16 but for the last), then `endOfPass`.
 * The concatenation of what the methods return is the TensorBlock.
 */
export class TensorBlockEncoder {
  readonly passes: readonly EncoderPass[];
  readonly rowsPerChunk = TILE_ROWS;
  private readonly chunk: Uint8Array;

  private constructor(
    readonly plan: TensorPlan,
    private readonly scaleOf: ScaleRule,
  ) {
    this.passes = plan.dtype === 'int8' && plan.layout === 'rowMajor' ? ['scales', 'values'] : ['values'];
    this.chunk = new Uint8Array(plan.layout === 'tile16' ? plan.stepBytes : plan.stepBytes * TILE_ROWS);
  }

  /**
   * Refuses as `planTensor` does.
   * @param scaleOf how int8 gets its scales
   */
  static create(spec: TensorSpec, scaleOf: ScaleRule = greatestScale): Result<TensorBlockEncoder> {
    const plan = planTensor(spec);
    return plan.ok ? { ok: true, value: new TensorBlockEncoder(plan.value, scaleOf) } : plan;
  }

  /** The first 128 bytes. */
  header(): Uint8Array {
    return encodeTensorHeader(this.plan);
  }

  /**
   * The bytes of the next rows. The result is overwritten by the next call.
   * @param values count x columns, row-major, all finite  @param count rows in this chunk, 1..16
   */
  encode(pass: EncoderPass, values: Float32Array, count: number): Uint8Array {
    const { plan } = this;
    if (count < 1 || count > TILE_ROWS || values.length < count * plan.columns) {
      throw new RangeError(`a chunk holds 1 to ${TILE_ROWS} whole rows of ${plan.columns}`);
    }
    if (pass === 'scales') {
      const scales = new Float32Array((count * plan.paddedColumns) / SCALE_COLUMNS);
      quantizeRowScales(values, count, plan.columns, scales, this.scaleOf);
      return new Uint8Array(scales.buffer);
    }
    return plan.layout === 'tile16' ? this.encodeTile(values, count) : this.encodeRows(values, count);
  }

  /** Zeros up to the next section. */
  endOfPass(pass: EncoderPass): Uint8Array {
    const { plan } = this;
    if (pass === 'values') return new Uint8Array(plan.length - plan.dataOffset - plan.dataBytes);
    const scaleBytes = (plan.rows * plan.paddedColumns * 4) / SCALE_COLUMNS;
    return new Uint8Array(roundUp(scaleBytes, SECTION_ALIGNMENT) - scaleBytes);
  }

  private encodeTile(values: Float32Array, count: number): Uint8Array {
    const { columns, dtype } = this.plan;
    if (dtype === 'int8') {
      quantizeTile16(values, count, columns, this.chunk, this.scaleOf);
      return this.chunk;
    }
    if (dtype === 'int4') {
      quantizeInt4Tile16(values, count, columns, this.chunk);
      return this.chunk;
    }
    const out = elements(this.chunk, dtype);
    out.fill(0);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < columns; column++) {
        const value = values[row * columns + column];
        out[column * TILE_ROWS + row] = dtype === 'f16' ? toHalf(value) : value;
      }
    }
    return this.chunk;
  }

  private encodeRows(values: Float32Array, count: number): Uint8Array {
    const { columns, dtype, stepBytes } = this.plan;
    const chunk = this.chunk.subarray(0, count * stepBytes);
    if (dtype === 'int8') {
      const integers = new Int8Array(chunk.buffer, 0, chunk.length);
      quantizeRowIntegers(values, count, columns, integers, this.scaleOf);
      return chunk;
    }
    if (dtype === 'int4') throw new Error('int4 has no rows');
    const out = elements(chunk, dtype);
    for (let i = 0; i < count * columns; i++) out[i] = dtype === 'f16' ? toHalf(values[i]) : values[i];
    return chunk;
  }
}

function elements(bytes: Uint8Array, dtype: 'f16' | 'f32'): Uint16Array | Float32Array {
  return dtype === 'f16'
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    : new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** A whole TensorBlock in memory, for small tensors and tests. Throws on impossible shapes. */
export function encodeTensorBlock(spec: TensorSpec, values: Float32Array): Uint8Array {
  const encoder = unwrap(TensorBlockEncoder.create(spec));
  const block = new Uint8Array(encoder.plan.length);
  let at = 0;
  const write = (bytes: Uint8Array) => {
    block.set(bytes, at);
    at += bytes.length;
  };
  write(encoder.header());
  for (const pass of encoder.passes) {
    for (let row = 0; row < spec.rows; row += encoder.rowsPerChunk) {
      const count = Math.min(encoder.rowsPerChunk, spec.rows - row);
      const chunk = values.subarray(row * spec.columns, (row + count) * spec.columns);
      write(encoder.encode(pass, chunk, count));
    }
    write(encoder.endOfPass(pass));
  }
  return block;
}
