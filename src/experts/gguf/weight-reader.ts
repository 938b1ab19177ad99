import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { CodedError, err, messageOf, ok, systemCodeOf, type Result } from '../../common/index.js';
import {
  encodeTensorHeader,
  HEADER_BYTES,
  planTensor,
  type TensorDtype,
  type TensorLayout,
  type TensorPlan,
} from '../tensorblock/index.js';

/** A block of weights by its file. */
export interface WeightFile {
  readonly name: string;
  readonly path: string;
  readonly payloadHash: string;
  readonly tensors: readonly { readonly name: string; readonly offset: number }[];
}

/** Some rows of a TensorBlock: the bytes of their elements, and of their scales where these lie apart. */
export interface RowBytes {
  /** Rows of the data section, from one that starts a step. */
  readonly data: Uint8Array;
  /** One per 32 columns and row; empty where there are none or they lie in the data. */
  readonly scales: Uint8Array;
}

const DTYPES: readonly TensorDtype[] = ['int8', 'int4', 'f16', 'f32'];
const LAYOUTS: readonly TensorLayout[] = ['tile16', 'rowMajor'];
const CHUNK_BYTES = 1 << 20;

/** Tensors of one block, read in pieces from its file. */
export class WeightReader {
  private verified = false;

  private constructor(
    private readonly file: WeightFile,
    private readonly handle: FileHandle,
  ) {}

  /** Refuses with `BLOCK_MISSING`. */
  static async open(file: WeightFile): Promise<Result<WeightReader>> {
    try {
      return ok(new WeightReader(file, await open(file.path, 'r')));
    } catch (thrown) {
      const facts = { name: file.name, detail: systemCodeOf(thrown) ?? messageOf(thrown) };
      const message = `block ${file.name} cannot be read: ${facts.detail}`;
      return err(new CodedError('BLOCK_MISSING', message, facts, 503));
    }
  }

  /** How a tensor of that shape lies in the block; refuses with `GGUF_TENSOR` what cannot be exported. */
  async plan(tensor: string, rows: number, columns: number): Promise<Result<TensorPlan>> {
    const header = await this.read(this.offsetOf(tensor), HEADER_BYTES);
    for (const dtype of DTYPES) {
      for (const layout of LAYOUTS) {
        const plan = planTensor({ dtype, layout, rows, columns });
        if (plan.ok && header.equals(encodeTensorHeader(plan.value))) return plan;
      }
    }
    const message = `${tensor} of block ${this.file.name} is stored in a way that GGUF export does not know`;
    return err(new CodedError('GGUF_TENSOR', message, { block: this.file.name, tensor }));
  }

  /** Reads the whole file once and compares it with its hash; throws `BLOCK_CORRUPT`. */
  async verify(): Promise<void> {
    if (this.verified) return;
    const hash = createHash('sha256');
    for await (const chunk of this.handle.createReadStream({
      start: 0,
      autoClose: false,
      highWaterMark: CHUNK_BYTES,
    }))
      hash.update(chunk as Buffer);
    if (hash.digest('hex') !== this.file.payloadHash) throw this.corrupt('its payload has another hash');
    this.verified = true;
  }

  /** Rows of a tensor. @param first a multiple of 16 */
  async rows(tensor: string, plan: TensorPlan, first: number, count: number): Promise<RowBytes> {
    const start = this.offsetOf(tensor);
    const perStep = plan.layout === 'tile16' ? 16 : 1;
    const steps = Math.ceil(count / perStep);
    const place = start + plan.dataOffset + (first / perStep) * plan.stepBytes;
    const data = await this.read(place, steps * plan.stepBytes);
    if (plan.dtype !== 'int8' || plan.layout === 'tile16') return { data, scales: new Uint8Array() };
    const perRow = (plan.paddedColumns / 32) * 4;
    return { data, scales: await this.read(start + plan.scaleOffset + first * perRow, count * perRow) };
  }

  /** Gives the file back. */
  async close(): Promise<void> {
    await this.handle.close();
  }

  private offsetOf(tensor: string): number {
    const entry = this.file.tensors.find(({ name }) => name === tensor);
    if (entry === undefined) throw new Error(`block ${this.file.name} has no tensor ${tensor}`);
    return entry.offset;
  }

  private async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let filled = 0; filled < length;) {
      const { bytesRead } = await this.handle.read(bytes, filled, length - filled, position + filled);
      if (bytesRead === 0) throw this.corrupt('its file is too short');
      filled += bytesRead;
    }
    return bytes;
  }

  private corrupt(detail: string): CodedError {
    const { name } = this.file;
    return new CodedError('BLOCK_CORRUPT', `block ${name} is corrupt: ${detail}`, { name, detail }, 503);
  }
}
