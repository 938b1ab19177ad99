import { createReadStream, openSync } from 'node:fs';
import { stat, utimes } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CodedError, err, ok, systemCodeOf, unwrap, type Result } from '../../common/index.js';
import { Turnstile } from '../../common/turnstile.js';
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
/** Payloads that are made from deltas at once, each in memory with its parent's, and that wait for it. */
const AT_ONCE = 2;
const WAITING = 64;

/**
 * Payloads, of which some lie as the delta from another one only. Whoever reads sees whole payloads; `hold` makes a local file of one, for
 * readers that open files themselves.
 */
export class PayloadStore extends BlobStore {
  /** What changes the forms of a payload comes after these. */
  private readonly changing = new Map<string, Promise<unknown>>();
  private readonly turnstile = new Turnstile(AT_ONCE, WAITING, busy);

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
    // Looked for a second time, as it may have become whole between the first two looks.
    return (await this.whole.has(hash)) || (await this.deltas.has(hash)) || (await this.whole.has(hash));
  }

  async check(hash: string): Promise<BlobCondition> {
    const condition = await this.whole.check(hash);
    if (condition !== 'missing') return condition;
    if (!(await this.deltas.has(hash))) return this.whole.check(hash);
    const made = await this.fromDeltas(hash);
    if (!made.ok && made.error.code === 'PAYLOADS_BUSY') throw made.error;
    return made.ok ? 'intact' : 'corrupt';
  }

  path(hash: string): string | null {
    return this.whole.path(hash);
  }

  async read(hash: string, range?: ByteRange): Promise<Result<Uint8Array>> {
    const found = await this.whole.read(hash, range);
    if (found.ok || found.error.code !== 'BLOB_MISSING') return found;
    if (!(await this.deltas.has(hash))) return this.whole.read(hash, range);
    const payload = await this.fromDeltas(hash);
    if (payload.ok) return range === undefined ? payload : ok(payload.value.subarray(range.start, range.end));
    // It may have become whole meanwhile, without its delta.
    const again = await this.whole.read(hash, range);
    return again.ok ? again : payload;
  }

  open(hash: string, range?: ByteRange): Readable {
    const path = this.whole.path(hash);
    if (path === null) return this.whole.open(hash, range);
    try {
      // What is open already can be read to its end, even if the file is packed away meanwhile.
      const fd = openSync(path, 'r');
      const part = range === undefined ? {} : { start: range.start, end: range.end - 1 };
      return createReadStream(path, { fd, ...part });
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'ENOENT') return this.whole.open(hash, range);
      return Readable.from(this.unpacked(hash, range), { objectMode: false });
    }
  }

  async stat(hash: string): Promise<{ readonly size: number } | null> {
    const found = await this.whole.stat(hash);
    if (found !== null) return found;
    const bytes = await this.deltas.read(hash);
    const delta = bytes.ok ? readDelta(bytes.value) : bytes;
    return delta.ok ? { size: delta.value.header.payload_size } : this.whole.stat(hash);
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

  tryOut(): Promise<Result<void>> {
    return this.whole.tryOut();
  }

  async remove(hash: string): Promise<void> {
    await this.whole.remove(hash);
    await this.deltas.remove(hash);
  }

  /**
   * Makes sure that a payload lies at its `path` and stays there for as long as payloads are kept that somebody has just used. No error for
   * one that is not there at all: whoever reads it is told. Refusals: `DELTA_BLOCK_…`, `BLOB_…`, `STORAGE_…`, `PAYLOADS_BUSY`.
   */
  hold(hash: string): Promise<Result<void>> {
    return this.exclusively(hash, () => this.makeWhole(hash));
  }

  /** `hold`, for the work of `exclusively`. */
  async makeWhole(hash: string): Promise<Result<void>> {
    const path = this.whole.path(hash);
    if (path !== null && (await touch(path))) return ok();
    if (!(await this.deltas.has(hash)) || (await this.whole.has(hash))) return ok();
    const payload = await this.fromDeltas(hash);
    return payload.ok ? this.whole.putAll([{ hash, content: payload.value }]) : payload;
  }

  /**
   * Does work that changes the forms in which a payload lies, one after the other. Whatever removes one form makes sure in here that the
   * other is there and good.
   */
  async exclusively<T>(hash: string, work: () => Promise<T>): Promise<T> {
    const running = (this.changing.get(hash) ?? Promise.resolve()).then(work);
    const settled = running.catch(() => undefined);
    this.changing.set(hash, settled);
    try {
      return await running;
    } finally {
      if (this.changing.get(hash) === settled) this.changing.delete(hash);
    }
  }

  /**
   * The payload as its deltas give it, whether it lies there whole or not. Refusals: `BLOB_…`, `DELTA_BLOCK_…`, `PAYLOADS_BUSY` (503) where
   * too many wait for theirs.
   */
  async fromDeltas(hash: string): Promise<Result<Uint8Array>> {
    try {
      return await this.turnstile.pass(() => readThroughDeltas(this.whole, this.deltas, hash));
    } catch (thrown) {
      if (thrown instanceof CodedError) return err(thrown);
      throw thrown;
    }
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
    // A file of somebody else's, or on a disk that is not written to: whoever opens it is told whether it can be read.
    return systemCodeOf(thrown) !== 'ENOENT';
  }
}

function busy(): CodedError {
  return new CodedError('PAYLOADS_BUSY', 'other payloads are being made from deltas; try again', {}, 503);
}
