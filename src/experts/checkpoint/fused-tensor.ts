import { err, ok, type Result } from '../../common/index.js';
import type { ExpertPart } from '../tensorblock/families/index.js';
import { dtypeRefusal, FLOAT_BYTES, isFloatDtype, widenToFloat32, type FloatDtype } from './float-formats.js';
import { hasShape, notFinite, shapeRefusal, type SourceTensor, type StoredTensor } from './stored-tensor.js';
import type { Scratch } from './whole-tensor.js';

/** Elements widened at once, so that the event loop gets its turn. */
const PIECE_ELEMENTS = 1 << 18;

/** The last expert's share that was read: gate and up come from the same one. */
export class ShareCache {
  private key = '';
  private values = new Float32Array(0);

  /** The share under this key, or room for it that `fill` fills. */
  async get(
    key: string,
    elements: number,
    fill: (into: Float32Array) => Promise<Result<void>>,
  ): Promise<Result<Float32Array>> {
    if (this.key === key) return ok(this.values.subarray(0, elements));
    this.key = '';
    if (this.values.length < elements) this.values = new Float32Array(elements);
    const filled = await fill(this.values);
    if (!filled.ok) return filled;
    this.key = key;
    return ok(this.values.subarray(0, elements));
  }
}

/**
 * One expert's matrix out of a tensor [experts, columns, stride × rows], turned to rows × columns, or its bias out of a
 * tensor [experts, stride × columns].
 */
export class FusedTensor implements SourceTensor {
  readonly name: string;
  readonly bytesPerElement: number;

  private constructor(
    private readonly stored: StoredTensor,
    private readonly memory: { readonly scratch: Scratch; readonly shares: ShareCache },
    private readonly part: ExpertPart,
    readonly dtype: FloatDtype,
    readonly rows: number,
    readonly columns: number,
  ) {
    this.name = stored.record.name;
    this.bytesPerElement = FLOAT_BYTES[dtype];
  }

  /** Refuses other dtypes and shapes. */
  static find(
    stored: StoredTensor,
    memory: { readonly scratch: Scratch; readonly shares: ShareCache },
    part: ExpertPart,
    rows: number,
    columns: number,
  ): Result<FusedTensor> {
    const { name, dtype, shape } = stored.record;
    if (!isFloatDtype(dtype)) return err(dtypeRefusal(name, dtype));
    const { form, stride, experts } = part;
    const expected = form === 'bias' ? [experts, stride * columns] : [experts, columns, stride * rows];
    if (!hasShape(shape, expected)) return err(shapeRefusal(name, shape, expected));
    return ok(new FusedTensor(stored, memory, part, dtype, rows, columns));
  }

  async readRows(firstRow: number, count: number, into: Float32Array): Promise<Result<void>> {
    const share = await this.share();
    if (!share.ok) return share;
    const { form, stride, offset } = this.part;
    const outputs = stride * (form === 'bias' ? this.columns : this.rows);
    for (let column = 0; column < this.columns; column++) {
      const from = form === 'bias' ? offset + stride * column : column * outputs + offset + stride * firstRow;
      for (let row = 0; row < count; row++)
        into[row * this.columns + column] = share.value[from + stride * row];
    }
    return ok();
  }

  /** All outputs of this expert as stored, widened. */
  private share(): Promise<Result<Float32Array>> {
    const { rows, columns, part } = this;
    const elements = part.stride * rows * columns;
    return this.memory.shares.get(`${this.name} ${part.expert}`, elements, async (into) => {
      for (let done = 0; done < elements; done += PIECE_ELEMENTS) {
        const read = await this.readPiece(part.expert * elements + done, into.subarray(done, elements));
        if (!read.ok) return read;
      }
      return ok();
    });
  }

  private async readPiece(first: number, into: Float32Array): Promise<Result<void>> {
    const elements = Math.min(PIECE_ELEMENTS, into.length);
    const raw = this.memory.scratch.room(elements * this.bytesPerElement);
    const { file, record } = this.stored;
    const read = await file.read(raw, record.begin + first * this.bytesPerElement);
    if (!read.ok) return read;
    const broken = widenToFloat32(this.dtype, raw, into, elements);
    return broken === -1 ? ok() : err(notFinite(this.name, first + broken, record.shape.at(-1) as number));
  }
}
