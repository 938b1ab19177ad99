import {
  aligned,
  GGML_TYPE,
  GGUF_VALUE,
  GGUF_VERSION,
  ggufTensorBytes,
  type GgufMetadata,
  type GgufTensor,
  type GgufValue,
} from './gguf-format.js';

const MAGIC = 'GGUF';

/**
 * Everything before the tensor data: magic, version, metadata and the list of tensors, padded with zeros to the alignment. The
 * data of the tensors follows in the order of the list, each padded in the same way.
 */
export function encodeGgufHeader(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Uint8Array {
  const out = new ByteWriter();
  out.raw(Buffer.from(MAGIC));
  out.uint32(GGUF_VERSION);
  out.uint64(tensors.length);
  out.uint64(metadata.size);
  for (const [key, value] of metadata) {
    out.text(key);
    writeValue(out, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    out.text(tensor.name);
    out.uint32(tensor.dimensions.length);
    for (const size of tensor.dimensions) out.uint64(size);
    out.uint32(GGML_TYPE[tensor.type].id);
    out.uint64(offset);
    offset += aligned(ggufTensorBytes(tensor));
  }
  return out.finish();
}

function writeValue(out: ByteWriter, { type, value }: GgufValue): void {
  switch (type) {
    case 'uint32':
      out.uint32(GGUF_VALUE.uint32);
      return out.uint32(value);
    case 'float32':
      out.uint32(GGUF_VALUE.float32);
      return out.float32(value);
    case 'bool':
      out.uint32(GGUF_VALUE.bool);
      return out.raw(Uint8Array.of(value ? 1 : 0));
    case 'string':
      out.uint32(GGUF_VALUE.string);
      return out.text(value);
    case 'strings':
      out.array(GGUF_VALUE.string, value.length);
      return value.forEach((text) => out.text(text));
    case 'bools':
      out.array(GGUF_VALUE.bool, value.length);
      return out.raw(Uint8Array.from(value, Number));
    case 'float32s':
      out.array(GGUF_VALUE.float32, value.length);
      return value.forEach((number) => out.float32(number));
    case 'int32s':
      out.array(GGUF_VALUE.int32, value.length);
      return value.forEach((number) => out.uint32(number >>> 0));
  }
}

/** Bytes in the order they are written, little-endian; the buffer doubles when it is full. */
class ByteWriter {
  private bytes = Buffer.alloc(1 << 16);
  private length = 0;

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  uint64(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeBigUInt64LE(BigInt(value), this.length);
  }

  float32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeFloatLE(value, this.length);
  }

  /** A string: its length in bytes of UTF-8, then these. */
  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.uint64(bytes.length);
    this.raw(bytes);
  }

  /** The head of an array; its elements follow. */
  array(elementType: number, length: number): void {
    this.uint32(GGUF_VALUE.array);
    this.uint32(elementType);
    this.uint64(length);
  }

  finish(): Uint8Array {
    const end = aligned(this.length);
    this.reserve(end - this.length);
    return this.bytes.fill(0, this.length, end).subarray(0, end);
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.alloc(2 * (this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
