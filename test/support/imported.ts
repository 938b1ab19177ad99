import { concatBytes, unwrap } from '../../src/common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../src/common/native-hash.js';
import type { ImportDtype } from '../../src/experts/index.js';
import { openCheckpoint, type Checkpoint } from '../../src/experts/import/checkpoint.js';
import { BlockEncoding, EncodingBuffers } from '../../src/experts/import/encode-block.js';
import type { WeightBlock } from '../../src/inference/kernel/block-source.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';

/** A checkpoint of any family as an import encodes it, in memory: for tests of the kernel without a chain. */
export async function importInMemory(folder: string, dtype: ImportDtype): Promise<BuiltModel> {
  const checkpoint = unwrap(await openCheckpoint(folder));
  try {
    return await encodeAll(checkpoint, dtype);
  } finally {
    await checkpoint.source.close();
  }
}

async function encodeAll(checkpoint: Checkpoint, dtype: ImportDtype): Promise<BuiltModel> {
  const buffers = new EncodingBuffers();
  const payloads = new Map<string, Uint8Array>();
  const blocks: WeightBlock[] = [];
  for (const planned of checkpoint.blocks) {
    const chunks: Uint8Array[] = [];
    const encoding = new BlockEncoding(checkpoint.source, planned, dtype, buffers, () => undefined);
    for await (const chunk of encoding) chunks.push(Uint8Array.from(chunk));
    if (encoding.refusal !== null) throw encoding.refusal;
    const payload = concatBytes(...chunks);
    const hash = nativeSha256Hex(payload);
    const { name } = planned;
    payloads.set(name, payload);
    const facts = { payloadHash: hash, payloadSize: payload.length, path: '', tensors: encoding.tensors };
    blocks.push({ name, block: hash, ...facts });
  }
  const names = new TextEncoder().encode(blocks.map(({ block }) => block).join());
  const release = Buffer.from(nativeSha256(names)).toString('hex');
  return { model: { release, config: checkpoint.config, blocks }, payloads };
}
