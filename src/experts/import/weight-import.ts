import {
  type BlobStore,
  type BlockAuthor,
  type BlockHeader,
  type BlockInput,
  type BlockPublisher,
  type BlockReader,
} from '../../chain/index.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { ImportDtype } from '../blocks/tensor-plan.js';
import type { CheckpointBlock } from './checkpoint-plan.js';
import type { Checkpoint } from './checkpoint.js';
import { BlockEncoding, EncodingBuffers } from './encode-block.js';
import type { ImportJournal } from './journal.js';

/** A batch is published when it has this many blocks or bytes: few fsyncs for small models, little lost for large ones. */
const BATCH_BLOCKS = 32;
const BATCH_BYTES = 256 * 1024 * 1024;

/** Everything that decides the bytes of the weight blocks. */
export interface WeightImportInit {
  readonly model: string;
  readonly dtype: ImportDtype;
  readonly meta: string;
  readonly timestamp: number;
  readonly signal?: AbortSignal;
  /** Told of bytes of the checkpoint that are done, and of the block they belong to. */
  readonly onBytes: (bytes: number, block: string) => void;
}

/** Narrow view of the chain, for the components below. */
export interface WeightImportChain {
  readonly author: BlockAuthor;
  readonly publisher: BlockPublisher;
  readonly reader: BlockReader;
  readonly payloads: BlobStore;
  readonly journal: ImportJournal;
}

/** Turns the weights of a checkpoint into blocks on chain B, batch by batch. */
export class WeightImport {
  private readonly hashes: Record<string, string> = {};
  private batch: { readonly input: BlockInput; readonly path: string }[] = [];
  private batchBytes = 0;
  private readonly buffers = new EncodingBuffers();
  /** Blocks that were not on the chain before. */
  created = 0;

  constructor(
    private readonly chain: WeightImportChain,
    private readonly checkpoint: Checkpoint,
    private readonly init: WeightImportInit,
  ) {}

  /** Block hashes by weight name. A refusal leaves published blocks on the chain, where the next attempt finds them. */
  async run(): Promise<Result<Readonly<Record<string, string>>>> {
    try {
      for (const block of this.checkpoint.blocks) {
        if (this.init.signal?.aborted === true) return err(importAborted());
        const done = (await this.takeKnown(block)) ? ok() : await this.add(block);
        if (!done.ok) return done;
      }
      const flushed = await this.flush();
      return flushed.ok ? ok(this.hashes) : flushed;
    } finally {
      await Promise.all(this.batch.map(({ path }) => this.chain.payloads.discard({ path })));
    }
  }

  /** Whether an earlier attempt has published this block. */
  private async takeKnown(block: CheckpointBlock): Promise<boolean> {
    const hash = this.chain.journal.get(block.name);
    if (hash === undefined) return false;
    const stored = await this.chain.reader.header(hash);
    if (stored === null || !(await this.chain.payloads.has(stored.header.payload_hash))) return false;
    this.hashes[block.name] = hash;
    this.init.onBytes(this.checkpoint.bytesOf(block), block.name);
    return true;
  }

  private async add(block: CheckpointBlock): Promise<Result<void>> {
    const { dtype, onBytes } = this.init;
    const encoding = new BlockEncoding(this.checkpoint.source, block, dtype, this.buffers, (bytes) =>
      onBytes(bytes, block.name),
    );
    const staged = await this.chain.payloads.stage(encoding);
    if (!staged.ok) return staged;
    if (encoding.refusal !== null) {
      await this.chain.payloads.discard(staged.value);
      return err(encoding.refusal);
    }
    const { path } = staged.value;
    const header = await this.sign(block, encoding, staged.value);
    this.batch.push({ input: { header, payload: { path } }, path });
    this.batchBytes += staged.value.size;
    return this.batch.length >= BATCH_BLOCKS || this.batchBytes >= BATCH_BYTES ? this.flush() : ok();
  }

  private sign(
    block: CheckpointBlock,
    encoding: BlockEncoding,
    staged: { path: string; hash: string; size: number; root: string },
  ): Promise<BlockHeader> {
    const { model, dtype, meta, timestamp } = this.init;
    return this.chain.author.create({
      chain: 'B',
      type: block.type,
      name: block.name,
      layer: block.layer,
      payload: { path: staged.path },
      digest: staged,
      payloadType: 'tensorblock',
      dependsOn: [meta],
      metadata: { model, dtype, tensors: encoding.tensors as unknown as Json },
      timestamp,
    });
  }

  private async flush(): Promise<Result<void>> {
    if (this.batch.length === 0) return ok();
    const published = await this.chain.publisher.publish(this.batch.map(({ input }) => input));
    if (!published.ok) return published;
    const named = published.value.map(({ hash, header }) => ({ name: header.name as string, hash }));
    for (const { name, hash } of named) this.hashes[name] = hash;
    this.created += published.value.filter(({ created }) => created).length;
    await Promise.all(this.batch.map(({ path }) => this.chain.payloads.discard({ path })));
    this.batch = [];
    this.batchBytes = 0;
    await this.chain.journal.add(named);
    return ok();
  }
}

/** Why an import that was told to end has no result. */
export function importAborted(): CodedError {
  return new CodedError('IMPORT_ABORTED', 'the import was stopped', {}, 409);
}
