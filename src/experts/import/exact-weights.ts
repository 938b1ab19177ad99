import type { BlobStore } from '../../chain/index.js';
import { bytesToHex, err, ok, sha256Bytes, utf8ToBytes, type Result } from '../../common/index.js';
import type { EngineModelView } from '../releases/release-view.js';
import type { Checkpoint } from './checkpoint.js';
import { BlockEncoding, EncodingBuffers } from './encode-block.js';

/** Bytes of a checkpoint's weights in 32 bits, which holds each of them exactly. */
export function exactBytes({ blocks }: Checkpoint): number {
  const elements = blocks.flatMap(({ tensors }) => tensors.map(({ rows, columns }) => rows * columns));
  return elements.reduce((sum, count) => sum + count * 4, 0);
}

/** A checkpoint's weights in 32 bits as temporary files of the blob store, for a comparison; never on a chain. */
export class ExactWeights {
  private constructor(
    readonly model: EngineModelView,
    private readonly payloads: BlobStore,
  ) {}

  /** Writes them. Refusals: `STORAGE_…`, those of reading the checkpoint; nothing is left behind then. */
  static async stage(checkpoint: Checkpoint, payloads: BlobStore): Promise<Result<ExactWeights>> {
    const release = bytesToHex(sha256Bytes(utf8ToBytes(`exact\n${checkpoint.source.fingerprint()}`)));
    const blocks: EngineModelView['blocks'] = [];
    const weights = new ExactWeights({ release, config: checkpoint.config, blocks }, payloads);
    const buffers = new EncodingBuffers();
    for (const block of checkpoint.blocks) {
      const encoding = new BlockEncoding(checkpoint.source, block, 'f32', buffers, () => undefined);
      const staged = await payloads.stage(encoding);
      if (staged.ok) {
        const { hash, size: payloadSize, path } = staged.value;
        const tensors = encoding.tensors.map(({ name, offset, length }) => ({ name, offset, length }));
        blocks.push({ name: block.name, block: hash, payloadHash: hash, payloadSize, path, tensors });
      }
      const refusal = staged.ok ? encoding.refusal : staged.error;
      if (refusal === null) continue;
      await weights.discard();
      return err(refusal);
    }
    return ok(weights);
  }

  /** Removes the files. */
  async discard(): Promise<void> {
    await Promise.all(this.model.blocks.map(({ path }) => this.payloads.discard({ path })));
  }
}
