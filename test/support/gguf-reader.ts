import { unwrap } from '../../src/common/index.js';
import { prepareGguf, type GgufModel } from '../../src/experts/gguf/index.js';

/** A tensor of a GGUF file as a reader finds it. */
export interface ReadTensor {
  readonly dimensions: readonly number[];
  readonly type: number;
  /** Values in the order of the file. */
  readonly values: () => number[];
}

/** A GGUF file taken apart: written from the format's description alone, for tests. */
export interface ReadGguf {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly tensors: ReadonlyMap<string, ReadTensor>;
}

const ALIGNMENT = 32;

/** Exports a model and reads the file; throws what refuses it, and where the file has another size than was announced. */
export async function writtenGguf(model: GgufModel): Promise<ReadGguf> {
  const file = unwrap(await prepareGguf(model));
  const pieces: Uint8Array[] = [];
  for await (const chunk of file.chunks()) pieces.push(chunk);
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== file.size)
    throw new Error(`${bytes.length} bytes were written, ${file.size} announced`);
  return readGguf(bytes);
}

/** Reads a whole file; throws on what it does not know and when the data does not end where the file does. */
export function readGguf(file: Uint8Array): ReadGguf {
  const at = new Cursor(file);
  if (at.bytes(4).toString('latin1') !== 'GGUF') throw new Error('no GGUF');
  const version = at.uint32();
  const [tensorCount, metadataCount] = [at.uint64(), at.uint64()];
  const metadata = new Map<string, unknown>();
  for (let i = 0; i < metadataCount; i++) metadata.set(at.text(), at.value(at.uint32()));
  const infos = Array.from({ length: tensorCount }, () => ({
    name: at.text(),
    dimensions: Array.from({ length: at.uint32() }, () => at.uint64()),
    type: at.uint32(),
    offset: at.uint64(),
  }));
  const start = aligned(at.position);
  const tensors = new Map<string, ReadTensor>();
  let end = start;
  for (const { name, dimensions, type, offset } of infos) {
    const count = dimensions.reduce((product, size) => product * size, 1);
    if (start + offset !== end) throw new Error(`${name} does not follow the tensor before it`);
    end = aligned(start + offset + bytesOf(type, count));
    tensors.set(name, { dimensions, type, values: () => decode(file, start + offset, type, count) });
  }
  if (end !== file.length) throw new Error(`data ends at ${end}, the file at ${file.length}`);
  return { version, metadata, tensors };
}

function bytesOf(type: number, count: number): number {
  if (type === 0) return count * 4;
  if (type === 1) return count * 2;
  if (type === 2) return (count / 32) * 18;
  if (type === 8) return (count / 32) * 34;
  throw new Error(`element type ${type}`);
}

function decode(file: Uint8Array, start: number, type: number, count: number): number[] {
  const view = new DataView(file.buffer, file.byteOffset + start, bytesOf(type, count));
  return Array.from({ length: count }, (_, i) => {
    if (type === 0) return view.getFloat32(i * 4, true);
    if (type === 1) return half(view.getUint16(i * 2, true));
    if (type === 2) {
      const [block, byte] = [Math.floor(i / 32) * 18, view.getUint8(Math.floor(i / 32) * 18 + 2 + (i % 16))];
      return half(view.getUint16(block, true)) * ((i % 32 < 16 ? byte & 15 : byte >> 4) - 8);
    }
    const block = Math.floor(i / 32) * 34;
    return half(view.getUint16(block, true)) * view.getInt8(block + 2 + (i % 32));
  });
}

function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Reads little-endian values one after another. */
class Cursor {
  position = 0;
  private readonly buffer: Buffer;

  constructor(file: Uint8Array) {
    this.buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  }

  bytes(length: number): Buffer {
    this.position += length;
    return this.buffer.subarray(this.position - length, this.position);
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  uint64(): number {
    return Number(this.bytes(8).readBigUInt64LE());
  }

  text(): string {
    return this.bytes(this.uint64()).toString('utf8');
  }

  value(type: number): unknown {
    if (type === 4) return this.uint32();
    if (type === 5) return this.bytes(4).readInt32LE();
    if (type === 6) return this.bytes(4).readFloatLE();
    if (type === 7) return this.bytes(1)[0] === 1;
    if (type === 8) return this.text();
    if (type !== 9) throw new Error(`value type ${type}`);
    const elementType = this.uint32();
    return Array.from({ length: this.uint64() }, () => this.value(elementType));
  }
}
