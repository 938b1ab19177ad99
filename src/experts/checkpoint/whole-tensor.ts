import { err, ok, type Result } from '../../common/index.js';
import { dtypeRefusal, FLOAT_BYTES, isFloatDtype, widenToFloat32, type FloatDtype } from './float-formats.js';
import { hasShape, notFinite, shapeRefusal, type SourceTensor, type StoredTensor } from './stored-tensor.js';

/** Memory that tensors read through, one after the other. */
export class Scratch {
  private bytes = new Uint8Array(0);

  /** Room for that many bytes; what it held before is gone. */
  room(bytes: number): Uint8Array {
    if (this.bytes.length < bytes) this.bytes = new Uint8Array(bytes);
    return this.bytes.subarray(0, bytes);
  }
}

/** A tensor that is a matrix or vector of the model as it lies in the checkpoint. */
export class WholeTensor implements SourceTensor {
  readonly name: string;
  readonly bytesPerElement: number;

  private constructor(
    private readonly stored: StoredTensor,
    private readonly scratch: Scratch,
    readonly dtype: FloatDtype,
    readonly rows: number,
    readonly columns: number,
  ) {
    this.name = stored.record.name;
    this.bytesPerElement = FLOAT_BYTES[dtype];
  }

  /** Refuses other dtypes and shapes; `rows` = 1 also stands for a vector of `columns` elements. */
  static find(stored: StoredTensor, scratch: Scratch, rows: number, columns: number): Result<WholeTensor> {
    const { name, dtype, shape } = stored.record;
    if (!isFloatDtype(dtype)) return err(dtypeRefusal(name, dtype));
    const expected = rows === 1 && shape.length === 1 ? [columns] : [rows, columns];
    if (!hasShape(shape, expected)) return err(shapeRefusal(name, shape, expected));
    return ok(new WholeTensor(stored, scratch, dtype, rows, columns));
  }

  async readRows(firstRow: number, count: number, into: Float32Array): Promise<Result<void>> {
    const [first, elements] = [firstRow * this.columns, count * this.columns];
    const raw = this.scratch.room(elements * this.bytesPerElement);
    const { file, record } = this.stored;
    const read = await file.read(raw, record.begin + first * this.bytesPerElement);
    if (!read.ok) return read;
    const broken = widenToFloat32(this.dtype, raw, into, elements);
    return broken === -1 ? ok() : err(notFinite(this.name, first + broken, this.columns));
  }
}
