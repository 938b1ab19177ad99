import { open } from 'node:fs/promises';
import { utf8ToBytes } from '../../common/index.js';
import { LENGTH_FIELD_BYTES } from './safetensors-header.js';

/** A float32 tensor of a checkpoint; its values are asked for when they are written, so that only one is held at a time. */
export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  values(): Float32Array;
}

const VALUE_BYTES = 4;
/** The reference implementation pads headers with spaces to this, so that values can be mapped. */
const ALIGNMENT = 8;

/** Writes a safetensors file of float32 tensors and flushes it. Throws where the disk refuses. */
export async function writeSafetensors(path: string, tensors: readonly WrittenTensor[]): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.write(headerOf(tensors));
    for (const { values } of tensors) {
      const { buffer, byteOffset, byteLength } = values();
      await handle.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function headerOf(tensors: readonly WrittenTensor[]): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = offset;
    offset += shape.reduce((product, size) => product * size, VALUE_BYTES);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const;
  });
  const json = utf8ToBytes(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(LENGTH_FIELD_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_FIELD_BYTES);
  return header;
}
