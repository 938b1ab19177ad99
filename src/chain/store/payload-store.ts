import { existsSync } from 'node:fs';
import { stat, utimes } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ok, systemCodeOf, unwrap, type Result } from '../../common/index.js';
import { readDelta } from '../delta/index.js';
import {
  BlobStore,
  type BlobCondition,
  type BlobInput,
  type ByteRange,
  type StagedBlob,
} from './blob-store.js';
import { readThroughDeltas } from './delta-chain.js';

/** A payload that was used within this time is not noted as used again, ms. */
const TOUCH_MS = 600_000;

/**
 * Payloads, of which some lie as the delta from another one only. Whoever reads sees whole payloads; `hold` makes a local file of one, for
 * readers that open files themselves.
 */
export class PayloadStore extends BlobStore {
  private readonly unpacking = new Map<string, Promise<Result<void>>>();

  constructor(
    /** Payloads that lie there whole. */
    readonly whole: BlobStore,
    /** Deltas, by the hash of the payload they stand for. */
    readonly deltas: BlobStore,
    /** Notes on payloads that stay whole, by their hash. */
    readonly keptWhole: BlobStore,
  ) {
    super();
  }

  putAll(blobs: readonly BlobInput[]): Promise<Result<void>> {
    return this.whole.putAll(blobs);
  }

  put(bytes: Uint8Array): Promise<Result<string>> {
    return this.whole.put(bytes);
  }

  stage(source: AsyncIterable<Uint8Array>): Promise<Result<StagedBlob>> {
    return this.whole.stage(source);
  }

  discard(staged: { readonly path: string }): Promise<void> {
    return this.whole.discard(staged);
  }

  async has(hash: string): Promise<boolean> {
    return (await this.whole.has(hash)) || (await this.deltas.has(hash));
  }

  async check(hash: string): Promise<BlobCondition> {
    const condition = await this.whole.check(hash);
    if (condition !== 'missing' || !(await this.deltas.has(hash))) return condition;
    return (await readThroughDeltas(this.whole, this.deltas, hash)).ok ? 'intact' : 'corrupt';
  }

  path(hash: string): string | null {
    return this.whole.path(hash);
  }

  async read(hash: string, range?: ByteRange): Promise<Result<Uint8Array>> {
    if ((await this.whole.has(hash)) || !(await this.deltas.has(hash))) return this.whole.read(hash, range);
    const payload = await readThroughDeltas(this.whole, this.deltas, hash);
    return payload.ok && range !== undefined ? ok(payload.value.subarray(range.start, range.end)) : payload;
  }

  open(hash: string, range?: ByteRange): Readable {
    const path = this.whole.path(hash);
    if (path === null || existsSync(path)) return this.whole.open(hash, range);
    return Readable.from(this.unpacked(hash, range), { objectMode: false });
  }

  async stat(hash: string): Promise<{ readonly size: number } | null> {
    const found = await this.whole.stat(hash);
    if (found !== null) return found;
    const bytes = await this.deltas.read(hash);
    const delta = bytes.ok ? readDelta(bytes.value) : bytes;
    return delta.ok ? { size: delta.value.header.payload_size } : null;
  }

  async *list(): AsyncIterable<{ readonly hash: string; readonly size: number }> {
    const packed: string[] = [];
    for await (const { hash } of this.deltas.list()) if (!(await this.whole.has(hash))) packed.push(hash);
    let next = 0;
    for await (const blob of this.whole.list()) {
      for (; next < packed.length && packed[next] < blob.hash; next++) yield* this.listed(packed[next]);
      yield blob;
    }
    for (; next < packed.length; next++) yield* this.listed(packed[next]);
  }

  async remove(hash: string): Promise<void> {
    await this.whole.remove(hash);
    await this.deltas.remove(hash);
  }

  /**
   * Makes sure that a payload lies at its `path` and stays there for as long as payloads are kept that somebody has just used. No error for
   * one that is not there at all: whoever reads it is told. Refusals: `DELTA_BLOCK_…`, `BLOB_…`, `STORAGE_…`.
   */
  async hold(hash: string): Promise<Result<void>> {
    const path = this.whole.path(hash);
    if (path !== null && (await touch(path))) return ok();
    if (!(await this.deltas.has(hash)) || (await this.whole.has(hash))) return ok();
    let running = this.unpacking.get(hash);
    if (running === undefined) {
      running = this.unpack(hash).finally(() => this.unpacking.delete(hash));
      this.unpacking.set(hash, running);
    }
    return running;
  }

  /** The payload as its deltas give it, whether it lies there whole or not. Refusals: `BLOB_…`, `DELTA_BLOCK_…`. */
  fromDeltas(hash: string): Promise<Result<Uint8Array>> {
    return readThroughDeltas(this.whole, this.deltas, hash);
  }

  private async unpack(hash: string): Promise<Result<void>> {
    const payload = await readThroughDeltas(this.whole, this.deltas, hash);
    return payload.ok ? this.whole.putAll([{ hash, content: payload.value }]) : payload;
  }

  private async *unpacked(hash: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    yield unwrap(await this.read(hash, range));
  }

  private async *listed(hash: string): AsyncGenerator<{ hash: string; size: number }> {
    const found = await this.stat(hash);
    if (found !== null) yield { hash, size: found.size };
  }
}

/** Notes that a file is in use. @returns false: there is none */
async function touch(path: string): Promise<boolean> {
  try {
    const now = Date.now();
    if (now - (await stat(path)).mtimeMs > TOUCH_MS) await utimes(path, now / 1000, now / 1000);
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return false;
    if (systemCodeOf(thrown) === 'EROFS' || systemCodeOf(thrown) === 'EACCES') return true;
    throw thrown;
  }
}
