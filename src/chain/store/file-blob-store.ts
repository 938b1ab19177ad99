import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CodedError, err, isHash, ok, systemCodeOf, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { PayloadHasher } from '../block/index.js';
import {
  BlobStore,
  type BlobCondition,
  type BlobInput,
  type ByteRange,
  type StagedBlob,
} from './blob-store.js';
import { writeDurably } from '../../common/durable-files.js';
import { storageError } from './storage-error.js';

/** Bytes read at once when a file is checked. */
const READ_BYTES = 1024 * 1024;
/** Bytes that are written to see whether that can be done: a block of most file systems. */
const TRIED_BYTES = 4096;

/** How a store's blobs are named: the name that bytes must have. */
export interface BlobNaming {
  readonly ofBytes: (bytes: Uint8Array) => string;
  /** The same for a file, in little memory; without it files are read whole. */
  readonly ofFile?: (path: string) => Promise<string>;
}

/** Blobs named by the SHA-256 of their bytes. */
export const NAMED_BY_CONTENT: BlobNaming = { ofBytes: nativeSha256Hex, ofFile: sha256OfFile };

/**
 * Blobs as files `<folder>/<first two digits>/<name>`; what is being written lies in `<folder>/incoming` until it is
 * complete and flushed.
 */
export class FileBlobStore extends BlobStore {
  readonly incoming: string;

  /** @param naming by content unless told otherwise */
  constructor(
    private readonly folder: string,
    private readonly naming: BlobNaming = NAMED_BY_CONTENT,
  ) {
    super();
    this.incoming = join(folder, 'incoming');
  }

  async putAll(blobs: readonly BlobInput[]): Promise<Result<void>> {
    try {
      await mkdir(this.incoming, { recursive: true });
      await writeDurably(
        this.incoming,
        blobs
          .map(({ hash, content }) => ({ target: this.path(hash), content }))
          .filter(({ target, content }) => content instanceof Uint8Array || content.path !== target),
      );
      return ok();
    } catch (thrown) {
      return err(storageError(thrown));
    }
  }

  async put(bytes: Uint8Array): Promise<Result<string>> {
    const hash = this.naming.ofBytes(bytes);
    const stored = await this.putAll([{ hash, content: bytes }]);
    return stored.ok ? ok(hash) : stored;
  }

  async stage(source: AsyncIterable<Uint8Array>): Promise<Result<StagedBlob>> {
    const path = join(this.incoming, randomUUID());
    try {
      await mkdir(this.incoming, { recursive: true });
      const hasher = new PayloadHasher(() => createHash('sha256'));
      const handle = await open(path, 'wx');
      try {
        for await (const piece of source) {
          hasher.update(piece);
          await handle.writeFile(piece);
        }
      } finally {
        await handle.close();
      }
      return ok({ path, ...hasher.digest() });
    } catch (thrown) {
      await rm(path, { force: true });
      return err(storageError(thrown));
    }
  }

  async discard(staged: { readonly path: string }): Promise<void> {
    await rm(staged.path, { force: true });
  }

  async has(hash: string): Promise<boolean> {
    return access(this.path(hash)).then(
      () => true,
      () => false,
    );
  }

  async check(hash: string): Promise<BlobCondition> {
    try {
      const name = this.naming.ofFile === undefined ? null : await this.naming.ofFile(this.path(hash));
      return (name ?? this.naming.ofBytes(await readFile(this.path(hash)))) === hash ? 'intact' : 'corrupt';
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return 'missing';
      throw thrown;
    }
  }

  path(hash: string): string {
    if (!isHash(hash)) throw new TypeError('a blob is named by 64 hex digits');
    return join(this.folder, hash.slice(0, 2), hash);
  }

  async read(hash: string, range?: ByteRange): Promise<Result<Uint8Array>> {
    try {
      if (range !== undefined) return ok(await readRange(this.path(hash), range));
      const bytes = await readFile(this.path(hash));
      return this.naming.ofBytes(bytes) === hash ? ok(bytes) : err(corrupt(hash));
    } catch (thrown) {
      return err(systemCodeOf(thrown) === 'ENOENT' ? missing(hash) : storageError(thrown));
    }
  }

  open(hash: string, range?: ByteRange): Readable {
    if (range === undefined) return createReadStream(this.path(hash));
    return createReadStream(this.path(hash), { start: range.start, end: range.end - 1 });
  }

  async stat(hash: string): Promise<{ size: number } | null> {
    try {
      const { size } = await stat(this.path(hash));
      return { size };
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return null;
      throw thrown;
    }
  }

  async *list(): AsyncIterable<{ hash: string; size: number }> {
    for (const shard of await namesIn(this.folder, /^[0-9a-f]{2}$/)) {
      for (const hash of await namesIn(join(this.folder, shard), /^[0-9a-f]{64}$/)) {
        const found = await this.stat(hash);
        if (found !== null) yield { hash, size: found.size };
      }
    }
  }

  async tryOut(): Promise<Result<void>> {
    const bytes = randomBytes(TRIED_BYTES);
    // Among what is being written: if the process dies here, it is swept away with that.
    const target = join(this.incoming, randomUUID());
    try {
      await mkdir(this.incoming, { recursive: true });
      await writeDurably(this.incoming, [{ target, content: bytes }]);
      const found = await readFile(target);
      await rm(target);
      return found.equals(bytes) ? ok() : err(corrupt(nativeSha256Hex(bytes)));
    } catch (thrown) {
      return err(storageError(thrown));
    }
  }

  async remove(hash: string): Promise<void> {
    await rm(this.path(hash), { force: true });
  }
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES }))
    hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

async function readRange(path: string, { start, end }: ByteRange): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

function missing(hash: string): CodedError {
  return new CodedError('BLOB_MISSING', `Blob ${hash} is not in the store.`, { hash }, 404);
}

function corrupt(hash: string): CodedError {
  return new CodedError('BLOB_CORRUPT', `Blob ${hash} does not hash to its name.`, { hash }, 503);
}
